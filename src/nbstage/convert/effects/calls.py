"""What a call reads, changes and gives back. A call is taken to change all it gets unless it is known not to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from nbstage.convert import known
from nbstage.convert.effects import files, special
from nbstage.convert.effects.machine import (
    BUDGET,
    GLOBAL,
    RANDOM,
    Frame,
    Machine,
    branch,
    change,
    draw,
    inside,
    new_frame,
    peek,
    put,
)
from nbstage.convert.effects.objects import (
    DATA,
    ClassInfo,
    EstimatorInfo,
    FunctionInfo,
    element_of,
    library_bases,
    made,
    members_of,
    methods_of,
)
from nbstage.convert.effects.scope import is_generator
from nbstage.convert.effects.values import IMMUTABLE, NOTHING, Obj, Value, join, of, reach

_QUERY_NAME = re.compile(r"@([^\W\d]\w*)")
_NOT_HANDED_ON = frozenset({"pandas.GroupBy", "type", "matplotlib", "iterator", "pairs", "function", "class"})
_KEEPERS = frozenset({"list", "dict", "set"})
_USED_UP = frozenset({"iterator", "pairs", "file"})
_CONSUMERS = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any", "all")
)
_FITTING = ("fit", "partial_fit", "set_")
_ROLLED = 2  # how often a function may stand on the stack before its inner call counts as unknown


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
    machine: Machine, callee: Value, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call | None = None
) -> Value:
    """The value of calling a value."""
    if callee.path and not callee.objs:
        return _call_path(machine, callee.path, args, keywords, node)
    if not callee.objs:
        return unknown_call(machine, (*args, *keywords.values()))
    return join([_call_object(machine, obj, args, keywords) for obj in callee.objs])


def _call_object(machine: Machine, obj: Obj, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
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
    machine: Machine, path: str, args: tuple[Value, ...], keywords: dict[str, Value], node: ast.Call | None
) -> Value:
    machine.effects.paths.add(path)
    machine.effects.draws_figures |= path.startswith(("matplotlib.pyplot.", "seaborn."))
    if path in _CONSUMERS:
        change(machine, [obj for value in args for obj in value.objs if obj.type == "" or obj.type in _USED_UP])
    found = special.call(machine, path, args, keywords, node)
    if found is not None:
        return found
    what = known.function(path)
    if what is None:
        files.guess(machine, path, args)
        return unknown_call(machine, (*args, *keywords.values()))
    calls = _any if path.startswith("sklearn.") and not known.is_estimator(what.result) else None
    return _known_call(machine, what, None, args, keywords, calls)


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
        found.append(unknown_call(machine, (Value(unknown), *args, *keywords.values())))
    return join(found)


def _call_on_immutable(
    machine: Machine, receiver: Value, name: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    what = known.method(receiver.type, name) if receiver.type in IMMUTABLE else None
    if receiver.type in IMMUTABLE:
        if receiver.type == "Path":
            return special.path_method(machine, receiver, name, args, keywords, what or known.Known())
        return Value(type="list") if what is None else _known_call(machine, what, receiver, args, keywords)
    return unknown_call(machine, (*args, *keywords.values()))


def _call_on_object(
    machine: Machine, obj: Obj, name: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    if isinstance(obj.detail, ClassInfo):
        return _call_on_instance(machine, obj, name, args, keywords)
    what = known.method(obj.type, name)
    if what is None:
        return unknown_call(machine, (of(obj), *args, *keywords.values()))
    if known.is_estimator(obj.type):
        return _call_estimator(machine, what, obj, name, args, keywords)
    result = _known_call(machine, what, of(obj), args, keywords)
    if what.changes == "self" and obj.type in _KEEPERS:
        for arg in (*args, *keywords.values()):
            obj.hold(arg.objs if name != "extend" else element_of(arg).objs | arg.objs)
    return result


def _call_estimator(
    machine: Machine, what: known.Known, obj: Obj, name: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """Fitting changes the estimator and what it is built of, but not the tables it is given."""
    inner = reach([obj])
    if what.changes:
        change(machine, [part for part in inner if part.type not in DATA], deep=False)
        if known.keeps_its_table(obj.type):
            for arg in args:
                obj.hold(arg.objs)
        if any(_draws(part) for part in inner):
            draw(machine, "numpy")
    if any(isinstance(part.detail, EstimatorInfo) and part.detail.in_place for part in inner):
        change(machine, [part for arg in args for part in arg.objs])
    calls = _any if what.changes else _using
    return _known_call(machine, known.Known(what.result, what.fresh), of(obj), args, keywords, calls)


def _draws(obj: Obj) -> bool:
    if not known.is_estimator(obj.type) or known.steady(obj.type):
        return False
    return not (isinstance(obj.detail, EstimatorInfo) and obj.detail.seeded)


def _call_on_instance(
    machine: Machine, obj: Obj, name: str, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    found = [member for member in members_of(obj, name) if isinstance(member.detail, FunctionInfo)]
    if found:
        return join([_call_member(machine, obj, member, args, keywords) for member in found])
    if obj.type == "class" and not any(library_bases(obj)):
        return unknown_call(machine, (of(obj), *args, *keywords.values()))
    bases = list(library_bases(obj))
    pure = _using(name) and bool(bases) and all(known.is_estimator(base) for base in bases)
    if not pure:
        change(machine, [part for part in reach([obj]) if part.type not in DATA], deep=False)
    call_back(machine, (of(obj),), (*args, *keywords.values()), _using if pure else _any)
    return of(made("", None, of(obj), *args, *keywords.values()))


def _call_member(
    machine: Machine, obj: Obj, member: Obj, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    info = member.detail
    static = isinstance(info, FunctionInfo) and info.is_static
    own = () if static else (of(obj),)
    if obj.type == "class" and not static and args and args[0].objs:
        return join([call_function(machine, member, args, keywords), call_function(machine, member, (*own, *args), keywords)])
    return call_function(machine, member, (*own, *args), keywords)


def call_function(machine: Machine, obj: Obj, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
    """The value of calling one of the notebook's own functions, by following its body."""
    info = obj.detail
    if not isinstance(info, FunctionInfo):
        return unknown_call(machine, (of(obj), *args, *keywords.values()))
    node = info.node
    machine.spent += 1 if isinstance(node, ast.Lambda) else len(node.body)
    if machine.calling.count(node) >= _ROLLED or machine.spent > BUDGET:
        return unknown_call(machine, (*args, *keywords.values()), follow=False)
    frame = new_frame(machine, info.names, info.frame)
    machine.calling.append(node)
    with inside(machine, frame):
        _bind_arguments(machine, frame, info, args, keywords)
        if isinstance(node, ast.Lambda):
            frame.returns.append(machine.evaluate(machine, node.body))
        else:
            machine.execute(machine, node.body)
            if not machine.dead:
                frame.returns.append(NOTHING)
    machine.calling.pop()
    result = join(frame.returns)
    return of(made("iterator", None, result)) if is_generator(node) else result


def _bind_arguments(
    machine: Machine, frame: Frame, info: FunctionInfo, args: tuple[Value, ...], keywords: dict[str, Value]
) -> None:
    signature = info.node.args
    positional = [arg.arg for arg in (*signature.posonlyargs, *signature.args)]
    named = [*positional, *(arg.arg for arg in signature.kwonlyargs)]
    extra = [*args[len(positional) :], *(value for key, value in keywords.items() if key not in named)]
    defaults = join(info.defaults)
    loose = join([defaults, keywords["**"]]) if "**" in keywords else defaults
    for position, name in enumerate(named):
        given = args[position] if position < min(len(args), len(positional)) else keywords.get(name)
        put(machine, frame, name, given if given is not None else _default(info, name, loose))
    if signature.vararg is not None:
        objs = frozenset(obj for value in extra for obj in value.objs)
        put(machine, frame, signature.vararg.arg, Value(objs, "tuple", items=tuple(extra) or None))
    if signature.kwarg is not None:
        put(machine, frame, signature.kwarg.arg, of(made("dict", None, *extra)))


def _default(info: FunctionInfo, name: str, loose: Value) -> Value:
    signature = info.node.args
    positional = [arg.arg for arg in (*signature.posonlyargs, *signature.args)]
    ended = positional[len(positional) - len(signature.defaults) :] if signature.defaults else []
    keyword_only = [arg.arg for arg, value in zip(signature.kwonlyargs, signature.kw_defaults, strict=True) if value]
    names = [*ended, *keyword_only]
    return info.defaults[names.index(name)] if name in names else loose


def _instantiate(machine: Machine, obj: Obj, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
    instance = made("instance", obj.detail, *args, *keywords.values())
    for member in (*members_of(obj, "__init__"), *members_of(obj, "__new__"), *members_of(obj, "__post_init__")):
        call_function(machine, member, (of(instance), *args), keywords)
    return of(instance)


def _known_call(
    machine: Machine,
    what: known.Known,
    receiver: Value | None,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    calls: Callable[[str], bool] | None = None,
) -> Value:
    everything = (*args, *keywords.values())
    files.use(machine, what, receiver, args, keywords)
    _report_changes(machine, what, receiver, args, keywords)
    change(machine, [obj for value in everything for obj in value.objs if obj.type in _USED_UP])
    machine.effects.draws_figures |= what.result.startswith("matplotlib")
    machine.effects.varies |= what.varies
    machine.effects.acts |= what.acts
    if what.sets:
        machine.effects.settings.add(what.sets)
    if what.seeds:
        put(machine, Frame(GLOBAL), RANDOM.get(what.seeds, what.seeds), Value(type="scalar"))
    if what.draws and not _given_state(keywords):
        draw(machine, what.draws)
    call_back(machine, (receiver,) if receiver is not None else (), everything, calls or _special)
    return special.result(what, receiver, args, keywords)


def _given_state(keywords: dict[str, Value]) -> bool:
    state = keywords.get("random_state", keywords.get("seed"))
    return state is not None and state.type != "NoneType"


def _report_changes(
    machine: Machine, what: known.Known, receiver: Value | None, args: tuple[Value, ...], keywords: dict[str, Value]
) -> None:
    if what.changes == "self" and receiver is not None:
        deep = not any(obj.type in ("list", "dict", "set", "pandas.DataFrame") for obj in receiver.objs)
        change(machine, receiver.objs, deep=deep)
    position = {"first": 0, "second": 1}.get(what.changes)
    if position is not None and position < len(args):
        change(machine, args[position].objs)
    if what.changes == "args":
        change(machine, [obj for arg in args for obj in arg.objs])
    inplace = keywords.get("inplace")
    if inplace is not None and inplace.const is not False and receiver is not None:
        change(machine, receiver.objs)
    if "out" in keywords:
        change(machine, keywords["out"].objs)
    if any(word == "copy" or word.startswith("overwrite") for word in keywords):
        if keywords.get("copy", NOTHING).const is False or any(word.startswith("overwrite") for word in keywords):
            change(machine, [obj for arg in args for obj in arg.objs])


def call_back(
    machine: Machine, receivers: tuple[Value, ...], args: tuple[Value, ...], calls: Callable[[str], bool]
) -> None:
    """Follow the notebook's own functions that a library gets hold of: it may call them with what it was given.

    Of the methods of an object, those that `calls` says.
    """
    everything = reach(obj for value in (*receivers, *args) for obj in value.objs)
    own = [obj for obj in everything if isinstance(obj.detail, FunctionInfo | ClassInfo)]
    if not own:
        return
    built_of = {obj for value in receivers for obj in value.objs if known.is_estimator(obj.type)}
    given = _handed_on(reach(obj for value in args for obj in value.objs) - set(own) if built_of else everything - set(own))
    outermost = not machine.called_back
    for obj in own:
        if isinstance(obj.detail, FunctionInfo):
            _maybe(machine, obj, given, obj)
        elif obj.type == "instance":
            for member in methods_of(obj):
                if calls(_name_of(member)):
                    _maybe(machine, member, given, obj)
    if outermost:
        machine.called_back.clear()


def _handed_on(objs: set[Obj]) -> Value:
    """What a library may hand on of what it was given: tables and parts of them, or anything."""
    known_types = DATA | IMMUTABLE
    if all(obj.type in known_types or known.is_estimator(obj.type) or obj.type in _NOT_HANDED_ON for obj in objs):
        part = Obj("data")
        part.share(obj for obj in objs if obj.type in DATA)
        return of(part)
    return of(made("", None, Value(frozenset(objs))))


def _name_of(member: Obj) -> str:
    node = member.detail.node if isinstance(member.detail, FunctionInfo) else None
    return "" if node is None or isinstance(node, ast.Lambda) else node.name


def _any(name: str) -> bool:
    return name != "__init__"


def _special(name: str) -> bool:
    return name.startswith("__") and name != "__init__"


def _using(name: str) -> bool:
    return not name.startswith(_FITTING) and name != "__init__"


def _maybe(machine: Machine, function: Obj, given: Value, owner: Obj) -> None:
    info = function.detail
    if not isinstance(info, FunctionInfo) or info.node in machine.calling or info.node in machine.called_back:
        return
    # What a call back leads to gets no more than the outermost one was given: once is enough.
    machine.called_back.add(info.node)
    count = len(info.node.args.posonlyargs) + len(info.node.args.args)
    own = (of(owner),) if owner is not function and not info.is_static else ()
    args = (*own, *([given] * max(0, count - len(own))))
    machine.guarded += 1
    branch(machine, lambda: _discard(call_function(machine, function, args, {"**": given})), may_skip=True)
    machine.guarded -= 1


def _discard(value: Value) -> None:
    del value


def call_specials(machine: Machine, value: Value, args: tuple[Value, ...]) -> None:
    """Follow the operator methods of the notebook's own classes: `a + b` may call `__add__`."""
    for obj in value.objs:
        if obj.type == "instance" and isinstance(obj.detail, ClassInfo):
            for member in methods_of(obj):
                if _special(_name_of(member)):
                    _maybe(machine, member, join(args) if args else Value(), obj)


def change_library(machine: Machine, path: str) -> None:
    """Report that something inside a library was set: `plt.rcParams["figure.dpi"] = 100`."""
    what = known.function(path)
    library = what.sets if what is not None and what.sets else path.split(".")[0]
    machine.effects.settings.add(library)


def unknown_call(machine: Machine, values: tuple[Value, ...], *, follow: bool = True) -> Value:
    """A call of which nothing is known: it may change and link all it gets, draw random numbers, call back."""
    machine.effects.unknown = True
    objs = {obj for value in values for obj in value.objs}
    change(machine, [obj for obj in objs if obj.type not in ("function", "class")])
    for source, name in RANDOM.items():
        if peek(machine, Frame(GLOBAL), name) is not None:
            draw(machine, source)
    if follow:
        call_back(machine, (), values, _any)
    # The result ties all that went in together: each may have been put into each.
    result = made("", None, *values)
    for obj in objs:
        if obj.type not in ("function", "class"):
            obj.hold([result])
    return of(result)


def _names_in_query(machine: Machine, node: ast.Call, args: tuple[Value, ...]) -> None:
    """`df.query("a > @threshold")` reads `threshold`."""
    texts = [part.value for arg in node.args for part in ast.walk(arg) if isinstance(part, ast.Constant)]
    texts += [arg.const for arg in args]
    for text in dict.fromkeys(text for text in texts if isinstance(text, str)):
        for name in _QUERY_NAME.findall(text):
            machine.effects.quoted.add(name)
            machine.evaluate(machine, ast.copy_location(ast.Name(name, ast.Load()), node))
