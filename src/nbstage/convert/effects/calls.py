"""What a call reads, changes and gives back.

A call is taken to change all it gets unless it is known not to.
"""

from __future__ import annotations

import ast
import re

from nbstage.convert import known
from nbstage.convert.effects import files, special
from nbstage.convert.effects.follow import anything, call_back, call_function, unknown_call, using
from nbstage.convert.effects.iterators import use_up
from nbstage.convert.effects.keepers import ask_cache
from nbstage.convert.effects.library import (
    call_estimator,
    change_library,
    known_call,
)
from nbstage.convert.effects.machine import (
    Machine,
    branch,
    change,
    keep_identity,
)
from nbstage.convert.effects.objects import (
    DATA,
    ClassInfo,
    FunctionInfo,
    element_of,
    library_bases,
    made,
    members_of,
)
from nbstage.convert.effects.operators import look_for
from nbstage.convert.effects.targets import set_attribute
from nbstage.convert.effects.values import (
    IMMUTABLE,
    NOTHING,
    Obj,
    Value,
    join,
    of,
    reach,
)
from nbstage.convert.known.drawing import draws

#: `list.append(xs, 1)` is `xs.append(1)`.
_UNBOUND = re.compile(r"builtins\.(?:list|dict|set|bytearray)\.(?!fromkeys)(\w+)")
_CALLERS = frozenset({"builtins.map", "builtins.filter", "functools.reduce", "itertools.starmap"})
_APPLIERS = frozenset({"apply", "applymap", "map", "transform", "agg", "aggregate", "pipe"})
_QUERY_NAME = re.compile(r"@([^\W\d]\w*)")


_KEEPERS = frozenset({"list", "dict", "set"})


#: What goes through an iterator to its end.
_CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in (
        *("list", "tuple", "set", "frozenset", "dict", "sorted"),
        *("sum", "min", "max", "any", "all"),
    )
)


def call(machine: Machine, node: ast.Call) -> Value:
    """The value of a call."""
    receiver, callee = None, Value()
    if isinstance(node.func, ast.Attribute):
        receiver = machine.evaluate(machine, node.func.value)
    else:
        callee = machine.evaluate(machine, node.func)
    args = tuple(machine.evaluate(machine, arg) for arg in node.args)
    keywords = {word.arg or "**": machine.evaluate(machine, word.value) for word in node.keywords}
    if not machine.depth:
        machine.site = node
    if receiver is None:
        return call_value(machine, callee, args, keywords, node)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if receiver.path and not receiver.objs:
        return call_value(machine, Value(path=f"{receiver.path}.{name}"), args, keywords, node)
    return call_method(machine, receiver, name, args, keywords, node)


def call_value(
    machine: Machine,
    callee: Value,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    node: ast.Call | None = None,
) -> Value:
    """The value of calling a value."""
    if callee.path and not callee.objs:
        return _call_path(machine, callee.path, args, keywords, node)
    if not callee.objs:
        return unknown_call(machine, (*args, *keywords.values()))
    return join([_call_object(machine, obj, args, keywords) for obj in callee.objs])


def _call_object(
    machine: Machine, obj: Obj, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    if isinstance(obj.detail, FunctionInfo):
        return call_function(machine, obj, args, keywords)
    if isinstance(obj.detail, ClassInfo) and obj.type == "class":
        return _instantiate(machine, obj, args, keywords)
    if isinstance(obj.detail, ClassInfo):
        return call_method(machine, of(obj), "__call__", args, keywords, None)
    if obj.type == "type":
        return of(made("", None, *args, *keywords.values()))
    return unknown_call(machine, (of(obj), *args, *keywords.values()))


def _call_path(
    machine: Machine,
    path: str,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    node: ast.Call | None,
) -> Value:
    machine.effects.paths.add(path)
    machine.effects.draws_figures |= draws(path)
    if path in _CONSUMERS:
        use_up(machine, [obj for value in args for obj in value.objs])
    if path == "builtins.id":
        keep_identity(machine, args)
    if path in ("builtins.setattr", "builtins.delattr") and len(args) > 1:
        name = args[1].const if isinstance(args[1].const, str) else ""
        set_attribute(machine, args[0], name, join(args[2:]))
        return NOTHING
    if args and (unbound := _UNBOUND.fullmatch(path)):
        return call_method(machine, args[0], unbound[1], args[1:], keywords, node)
    if path in _CALLERS and args:
        return _call_each(machine, path, args, keywords)
    found = special.call(machine, path, args, keywords, node)
    if found is not None:
        return found
    what = known.function(path)
    if what is None and path.rpartition(".")[2] in known.GROWS and "." in path.rpartition(".")[0]:
        change_library(machine, path)
        return Value()
    if what is None:
        files.guess(machine, path, args, keywords)
        return unknown_call(machine, (*args, *keywords.values()))
    calls = (
        anything if path.startswith("sklearn.") and not known.is_estimator(what.result) else None
    )
    return known_call(machine, what, None, args, keywords, calls)


def _call_each(
    machine: Machine, path: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """`map(f, xs)` and its kin call what they are given with the elements of the rest."""
    elements = tuple(element_of(arg) for arg in args[1:])
    if path == "functools.reduce":
        whole = join([*elements, *args[2:]])
        elements = (whole, whole)
    found: list[Value] = []
    branch(
        machine,
        lambda: found.append(call_value(machine, args[0], elements, {})),
        may_skip=True,
    )
    what = known.function(path) or known.Known()
    result = known_call(machine, what, None, args, keywords)
    for obj in result.objs:
        obj.hold(part for value in found for part in value.objs)
    return result


def call_method(
    machine: Machine,
    receiver: Value,
    name: str,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    node: ast.Call | None,
) -> Value:
    """The value of `receiver.name(...)`."""
    if name in ("query", "eval") and node is not None:
        _names_in_query(machine, node, args)
    if receiver.type == "tuple":
        return Value(type="int")
    if not receiver.objs:
        return _call_on_immutable(machine, receiver, name, args, keywords)
    unknown = frozenset(obj for obj in receiver.objs if obj.type == "")
    found = [_call_on_object(machine, obj, name, args, keywords) for obj in receiver.objs - unknown]
    if unknown:
        files.guess_method(machine, name, args)
        found.append(unknown_call(machine, (Value(unknown), *args, *keywords.values())))
    return join(found)


def _call_on_immutable(
    machine: Machine,
    receiver: Value,
    name: str,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
) -> Value:
    what = known.method(receiver.type, name) if receiver.type in IMMUTABLE else None
    if receiver.type in IMMUTABLE:
        if receiver.type == "Path":
            return special.path_method(
                machine, receiver, name, args, keywords, what or known.Known()
            )
        return (
            Value(type="list")
            if what is None
            else known_call(machine, what, receiver, args, keywords)
        )
    return unknown_call(machine, (*args, *keywords.values()))


def _call_on_object(
    machine: Machine, obj: Obj, name: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    if isinstance(obj.detail, ClassInfo):
        return _call_on_instance(machine, obj, name, args, keywords)
    if (asked := ask_cache(machine, obj, name)) is not None:
        return asked
    what = known.method(obj.type, name)
    if name in _APPLIERS:
        _apply_library_functions(machine, obj, (*args, *keywords.values()))
    if what is None:
        return unknown_call(machine, (of(obj), *args, *keywords.values()))
    if known.is_estimator(obj.type):
        return call_estimator(machine, what, obj, name, args, keywords)
    result = known_call(machine, what, of(obj), args, keywords)
    if obj.type in _KEEPERS and args:
        look_for(machine, of(obj), args[0])
    if what.changes == "self" and obj.type in _KEEPERS:
        for arg in (*args, *keywords.values()):
            obj.hold(arg.objs if name != "extend" else element_of(arg).objs | arg.objs)
    return result


def _apply_library_functions(machine: Machine, obj: Obj, given: tuple[Value, ...]) -> None:
    """`table.apply(f)` calls a library's `f`, which may change what it gets."""
    for value in given:
        if value.path and not value.objs and not value.path.startswith("builtins."):
            what = known.function(value.path)
            if what is None or what.changes:
                change(machine, [obj])


def _call_on_instance(
    machine: Machine, obj: Obj, name: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    found = [member for member in members_of(obj, name) if isinstance(member.detail, FunctionInfo)]
    if found:
        return join([_call_member(machine, obj, member, args, keywords) for member in found])
    if obj.type == "class" and not any(library_bases(obj)):
        return unknown_call(machine, (of(obj), *args, *keywords.values()))
    bases = list(library_bases(obj))
    pure = using(name) and bool(bases) and all(known.is_estimator(base) for base in bases)
    if not pure:
        change(machine, [part for part in reach([obj]) if part.type not in DATA], deep=False)
    call_back(machine, (of(obj),), (*args, *keywords.values()), using if pure else anything)
    return of(made("", None, of(obj), *args, *keywords.values()))


def _call_member(
    machine: Machine, obj: Obj, member: Obj, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    info = member.detail
    static = isinstance(info, FunctionInfo) and info.is_static
    own = () if static else (of(obj),)
    if obj.type == "class" and not static and args and args[0].objs:
        return join(
            [
                call_function(machine, member, args, keywords),
                call_function(machine, member, (*own, *args), keywords),
            ]
        )
    return call_function(machine, member, (*own, *args), keywords)


def _instantiate(
    machine: Machine, obj: Obj, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    instance = made("instance", obj.detail, *args, *keywords.values())
    for member in (
        *members_of(obj, "__init__"),
        *members_of(obj, "__new__"),
        *members_of(obj, "__post_init__"),
    ):
        call_function(machine, member, (of(instance), *args), keywords)
    return of(instance)


def _names_in_query(machine: Machine, node: ast.Call, args: tuple[Value, ...]) -> None:
    """`df.query("a > @threshold")` reads `threshold`."""
    literals = [
        part.value for arg in node.args for part in ast.walk(arg) if isinstance(part, ast.Constant)
    ]
    texts: list[object] = [*literals, *(arg.const for arg in args)]
    for text in dict.fromkeys(text for text in texts if isinstance(text, str)):
        for name in _QUERY_NAME.findall(text):
            machine.effects.quoted.add(name)
            machine.evaluate(machine, ast.copy_location(ast.Name(name, ast.Load()), node))
