"""Calls that need more than a line in a table: built-in functions that see names, paths, and what
results share.
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from nbstage.convert import known
from nbstage.convert.effects import files, places
from nbstage.convert.effects.machine import Machine, mark, peek
from nbstage.convert.effects.nouns import Oddity, Owned
from nbstage.convert.effects.objects import DATA, EstimatorInfo, Resumable, element_of, made
from nbstage.convert.effects.values import (
    IMMUTABLE,
    NOTHING,
    UNKNOWN,
    Obj,
    Value,
    constant,
    join,
    of,
)

_NAMESPACES = {"builtins.globals", "builtins.locals", "builtins.vars", "builtins.dir"}
_EXITS = {"builtins.exit", "builtins.quit", "sys.exit", "os._exit"}
_COPIERS = {
    "builtins.list",
    "builtins.sorted",
    "builtins.set",
    "builtins.frozenset",
    "builtins.tuple",
    "collections.deque",
}
_ITERATORS = {"iterator", "pairs"}


def call(
    machine: Machine,
    path: str,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    node: ast.Call | None,
) -> Value | None:
    """The value of a call that stands in no table, or None."""
    if path in _NAMESPACES and not args and machine.depth and path != "builtins.globals":
        names = machine.frame.names or ()
        held = [peek(machine, machine.frame, name) or Value() for name in names]
        return of(made("dict", None, *held)) if path != "builtins.dir" else Value(type="scalar")
    if path in _NAMESPACES and not args:
        mark(machine, Oddity.NAMESPACE, path.removeprefix("builtins."))
        return Value()
    if path in ("builtins.eval", "builtins.exec"):
        return _execute_text(machine, path, args)
    if path in ("builtins.input", "getpass.getpass"):
        mark(machine, Oddity.INPUT, path.rsplit(".", 1)[-1])
        return Value(type="str")
    if path in _EXITS:
        mark(machine, Oddity.EXITS, path.removeprefix("builtins."))
        return NOTHING
    if path == "builtins.tuple" and len(args) == 1:
        return Value(element_of(args[0]).objs, "tuple")
    if path in ("builtins.get_ipython", "IPython.get_ipython"):
        mark(machine, Oddity.KERNEL)
        return Value()
    found = places.call(machine, path, args)
    return found if found is not None else _call_on_paths(machine, path, args)


def _execute_text(machine: Machine, path: str, args: tuple[Value, ...]) -> Value | None:
    text = args[0].const if args else UNKNOWN
    if path == "builtins.eval" and isinstance(text, str) and len(args) == 1:
        try:
            body = ast.parse(text.strip(), mode="eval").body
            machine.effects.quoted.update(
                node.id for node in ast.walk(body) if isinstance(node, ast.Name)
            )
            return machine.evaluate(machine, ast.copy_location(body, machine.site))
        except (SyntaxError, ValueError):
            pass
    mark(machine, Oddity.EXECUTES, path.removeprefix("builtins."))
    return Value()


def _call_on_paths(machine: Machine, path: str, args: tuple[Value, ...]) -> Value | None:
    consts = [arg.const for arg in args]
    texts = [str(const) for const in consts if isinstance(const, str | PurePosixPath)]
    if path in ("pathlib.Path", "pathlib.PurePath"):
        whole = len(texts) == len(args)
        return Value(type="Path", const=PurePosixPath(*texts) if whole else UNKNOWN)
    if path == "os.path.join" and len(texts) == len(args) and args:
        return constant(str(PurePosixPath(*texts)))
    if path == "open" or path == "io.open":
        files.use(machine, known.Known(opens=0), None, args, {})
        return of(Obj("file"))
    return None


def path_method(
    machine: Machine,
    receiver: Value,
    name: str,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    what: known.Known,
) -> Value:
    """The value of a method of a `pathlib.Path`."""
    if what.sets:
        machine.effects.settings.add(what.sets)
    files.use(machine, what, receiver, args, keywords)
    if what.result == "Path" and isinstance(receiver.const, PurePosixPath):
        texts = [arg.const for arg in args if isinstance(arg.const, str)]
        if name == "joinpath" and len(texts) == len(args):
            return Value(type="Path", const=receiver.const.joinpath(*texts))
        if name in ("with_suffix", "with_name") and len(texts) == 1:
            return Value(type="Path", const=getattr(receiver.const, name)(texts[0]))
        if name in ("resolve", "absolute"):
            return Value(type="Path", const=places.placed(machine, receiver.const))
        if name == "expanduser":
            return receiver
    return result(what, receiver, args, keywords)


def result(
    what: known.Known, receiver: Value | None, args: tuple[Value, ...], keywords: dict[str, Value]
) -> Value:
    """What a known call gives back, and what that shares with what went in."""
    given = (*args, *keywords.values())
    if what.result == "self" and receiver is not None:
        return receiver
    if "mmap_mode" in keywords and keywords["mmap_mode"].type != "NoneType":
        return of(Obj("memory-map"))
    if what.result in IMMUTABLE:
        return NOTHING if what.result == "NoneType" else Value(type=what.result)
    if what.result == "splits":
        return _splits(args)
    if what.result == "same":
        return _copied(what, args)
    if known.is_estimator(what.result):
        return of(made(what.result, _estimator_info(keywords), *given))
    if what.nested:
        return of(made(what.result, None, of(Obj(""))))
    if what.fresh or what.owned:
        return of(Obj(what.result, Owned(what.owned) if what.owned else None))
    obj = _sharing(what.result, (receiver, *args) if receiver is not None else args)
    if what.resumes and all(map(_can_be_resumed, given)):
        obj.detail = Resumable(frozenset(part for value in given for part in value.objs))
    for word, value in keywords.items():
        if word == "key" and what.result == "list":
            continue
        if what.result in DATA:
            obj.share(part for part in value.objs if part.type in DATA)
        obj.hold(value.objs)
    return of(obj)


def _can_be_resumed(value: Value) -> bool:
    """Whether an iterator over this can be stored; so can a library's function that it calls."""
    if value.path or value.type in IMMUTABLE or value.type in ("list", "tuple"):
        return True
    return bool(value.objs) and all(isinstance(obj.detail, Resumable) for obj in value.objs)


def _splits(args: tuple[Value, ...]) -> Value:
    items = tuple(of(_part(arg)) for arg in args for _ in range(2))
    return Value(frozenset(obj for item in items for obj in item.objs), "tuple", items=items)


def _part(value: Value) -> Obj:
    if value.type in DATA or not value.objs:
        return Obj(value.type or "data")
    return made(value.type, None, element_of(value)) if value.type == "list" else Obj("data")


def _copied(what: known.Known, args: tuple[Value, ...]) -> Value:
    source = join(args[:1])
    if not source.objs:
        return source
    return of(*[_copy(obj, deep=what.fresh) for obj in source.objs], type=source.type)


def _copy(obj: Obj, *, deep: bool) -> Obj:
    """A copy holds the same parts, a deep one new parts, but for what is no plain data."""
    copy = Obj(obj.type, obj.detail, leads_to_code=obj.leads_to_code)
    if not deep or any(part.detail is not None for part in obj.parts):
        copy.hold(obj.parts)
    elif obj.parts:
        copy.hold([Obj("")])
    return copy


def _estimator_info(keywords: dict[str, Value]) -> EstimatorInfo:
    state = keywords.get("random_state", keywords.get("seed"))
    fixed = state is not None and state.type != "NoneType"
    return EstimatorInfo(fixed, keywords.get("copy", NOTHING).const is False)


def _sharing(type: str, given: tuple[Value, ...]) -> Obj:
    """A result that may share with what went in: elements for containers and iterators, memory for
    tables.
    """
    obj = Obj(type)
    for value in given:
        if type in DATA:
            obj.share(part for part in value.objs if part.type in DATA)
            obj.hold(part for part in value.objs if part.type not in DATA)
        elif type in _ITERATORS and value.type == "function":
            obj.share(value.objs)
        elif type in ("list", "set", "dict", *_ITERATORS):
            obj.hold(element_of(value).objs)
            if type in _ITERATORS:
                obj.share(part for part in value.objs if part.type in (*_ITERATORS, "file", ""))
        else:
            obj.hold(value.objs)
    return obj
