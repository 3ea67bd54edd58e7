"""Following the notebook's own functions: when code calls them, and when a library may."""

from __future__ import annotations

import ast
from collections.abc import Callable

from nbstage.convert import known
from nbstage.convert.effects.keepers import call_keeper
from nbstage.convert.effects.machine import (
    BUDGET,
    RANDOM,
    Frame,
    Machine,
    branch,
    change,
    draw,
    inside,
    may_draw,
    new_frame,
    put,
)
from nbstage.convert.effects.objects import (
    DATA,
    ClassInfo,
    FunctionInfo,
    made,
    methods_of,
)
from nbstage.convert.effects.scope import (
    is_generator,
)
from nbstage.convert.effects.values import (
    IMMUTABLE,
    NOTHING,
    Obj,
    Value,
    join,
    of,
    reach,
)

_ROLLED = 2  # how often a function may stand on the stack before its inner call counts as unknown


_FITTING = ("fit", "partial_fit", "set_")


_NOT_HANDED_ON = frozenset(
    {
        "pandas.GroupBy",
        "pandas.Window",
        "type",
        "matplotlib",
        "iterator",
        "pairs",
        "function",
        "class",
    }
)


def call_function(
    machine: Machine, obj: Obj, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """The value of calling one of the notebook's own functions, by following its body."""
    info = obj.detail
    if not isinstance(info, FunctionInfo):
        return unknown_call(machine, (of(obj), *args, *keywords.values()))
    node = info.node
    machine.spent += 1 if isinstance(node, ast.Lambda) else len(node.body)
    if machine.calling.count(node) >= _ROLLED or machine.spent > BUDGET:
        return unknown_call(machine, (*args, *keywords.values()), follow=False)
    return call_keeper(machine, obj, lambda: _run(machine, info, args, keywords))


def _run(
    machine: Machine, info: FunctionInfo, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    node = info.node
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
    machine: Machine,
    frame: Frame,
    info: FunctionInfo,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
) -> None:
    signature = info.node.args
    positional = [arg.arg for arg in (*signature.posonlyargs, *signature.args)]
    named = [*positional, *(arg.arg for arg in signature.kwonlyargs)]
    extra = [
        *args[len(positional) :],
        *(value for key, value in keywords.items() if key not in named),
    ]
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
    keyword_only = [
        arg.arg
        for arg, value in zip(signature.kwonlyargs, signature.kw_defaults, strict=True)
        if value
    ]
    names = [*ended, *keyword_only]
    return info.defaults[names.index(name)] if name in names else loose


def call_back(
    machine: Machine,
    receivers: tuple[Value, ...],
    args: tuple[Value, ...],
    calls: Callable[[str], bool],
) -> None:
    """Follow the notebook's own functions that a library gets hold of: it may call them with what
    it was given.

    Of the methods of an object, those that `calls` says.
    """
    given_objs = [obj for value in (*receivers, *args) for obj in value.objs]
    if not any(obj.leads_to_code for obj in given_objs):
        return
    everything = reach(given_objs)
    own = [obj for obj in everything if isinstance(obj.detail, FunctionInfo | ClassInfo)]
    if not own:
        return
    built_of = {obj for value in receivers for obj in value.objs if known.is_estimator(obj.type)}
    given = _handed_on(
        reach(obj for value in args for obj in value.objs) - set(own)
        if built_of
        else everything - set(own)
    )
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
    if all(
        obj.type in known_types or known.is_estimator(obj.type) or obj.type in _NOT_HANDED_ON
        for obj in objs
    ):
        part = Obj("data")
        part.share(obj for obj in objs if obj.type in DATA)
        return of(part)
    return of(made("", None, Value(frozenset(objs))))


def _name_of(member: Obj) -> str:
    node = member.detail.node if isinstance(member.detail, FunctionInfo) else None
    return "" if node is None or isinstance(node, ast.Lambda) else node.name


def anything(name: str) -> bool:
    return name != "__init__"


def _special(name: str) -> bool:
    return name.startswith("__") and name != "__init__"


def using(name: str) -> bool:
    return not name.startswith(_FITTING) and name != "__init__"


def _maybe(machine: Machine, function: Obj, given: Value, owner: Obj) -> None:
    info = function.detail
    if (
        not isinstance(info, FunctionInfo)
        or info.node in machine.calling
        or info.node in machine.called_back
    ):
        return
    # What a call back leads to gets no more than the outermost one was given: once is enough.
    machine.called_back.add(info.node)
    count = len(info.node.args.posonlyargs) + len(info.node.args.args)
    own = (of(owner),) if owner is not function and not info.is_static else ()
    args = (*own, *([given] * max(0, count - len(own))))
    machine.guarded += 1
    branch(
        machine,
        lambda: _discard(call_function(machine, function, args, {"**": given})),
        may_skip=True,
    )
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


def unknown_call(machine: Machine, values: tuple[Value, ...], *, follow: bool = True) -> Value:
    """A call of which nothing is known: it may change and link all it gets, draw random numbers,
    call back.
    """
    machine.effects.unknown = True
    objs = {obj for value in values for obj in value.objs}
    changed = change(machine, objs - _code(objs), doubt=True)
    for source in RANDOM:
        if may_draw(machine, source):
            draw(machine, source)
    if follow:
        call_back(machine, (), values, anything)
    # The result ties all that went in together: each may have been put into each that was changed.
    result = made("", None, *values)
    for obj in changed:
        obj.hold([result])
    return of(result)


def _code(objs: set[Obj]) -> set[Obj]:
    return {obj for obj in objs if obj.type in ("function", "class")}
