"""How objects are taken apart: by what they hold, and not by what their own code says."""

from __future__ import annotations

import copyreg
import enum
import functools
import sys
import types
import weakref
from typing import Any

from nbstage.recorder import arrays, drawings, tables
from nbstage.recorder.content import Look, Round, is_plain
from nbstage.recorder.instances import attributes, instance_parts
from nbstage.recorder.kinds import Owners, address, bases, members_of, module_of, name_of

# Any in this module: values of all types pass here.

_MACHINERY = frozenset({"IPython", "ipykernel", "jupyter_client", "tornado", "zmq", "asyncio"})
_LOCKS = frozenset({"_thread.lock", "_thread.RLock", "threading.Condition", "logging.Logger"})
_CODE = ("co_name", "co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_flags")
_STILL = frozenset(
    {
        "_decimal",
        "datetime",
        "decimal",
        "fractions",
        "ipaddress",
        "pathlib",
        "pyarrow",
        "re",
        "uuid",
        "weakref",
        "zoneinfo",
    }
)
_FIXED: tuple[type, ...] = (
    *(type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.CodeType),
    *(types.MethodType, property, staticmethod, classmethod, frozenset, range, slice, enum.Enum),
    *(types.MappingProxyType, weakref.ref, types.GenericAlias, types.UnionType),
)
_GENERATORS: dict[int, str] = {
    address(types.GeneratorType): "gi",
    address(types.CoroutineType): "cr",
    address(types.AsyncGeneratorType): "ag",
}


def take_apart(value: Any, seen: Look, now: Round, *, framed: bool) -> object:
    """The parts of an object that is no plain container, as something pickle can walk on."""
    kind = type(value)
    way = now.ways.get(address(kind))
    if way is None:
        way = now.ways[address(kind)] = _way(kind, now)
        now.alive.append(kind)
    if way is arrays.array_parts:
        return arrays.array_parts(value, seen, now, framed=framed)
    return way(value, seen, now)


def _way(kind: type, now: Round) -> Any:
    if address(kind) in _BY_KIND:
        name, parts = name_of(kind), _BY_KIND[address(kind)]
        return lambda value, seen, now: (name, parts(value))
    if address(kind) in _GENERATORS:
        prefix = _GENERATORS[address(kind)]
        return lambda value, seen, now: _generator_parts(value, prefix)
    for is_it, parts in (
        (issubclass(kind, type), _class_parts),
        (kind is types.FunctionType, _function_parts),
        (issubclass(kind, weakref.ref), _nothing),
        (issubclass(kind, enum.Enum), _member_parts),
        (arrays.is_array(kind), arrays.array_parts),
        (tables.is_table(kind), tables.table_parts),
        (drawings.is_drawing(kind), drawings.drawing_parts),
        (module_of(kind).partition(".")[0] in _MACHINERY, _machine_parts),
        (now.owners.made(kind), instance_parts),
    ):
        if is_it:
            return parts
    return _library_parts


def _machine_parts(value: Any, seen: Look, now: Round) -> object:
    """What runs the notebook: through its streams one would come to the shell and to all names."""
    return "machinery", name_of(type(value))


def _nothing(value: Any, seen: Look, now: Round) -> object:
    return "weakref"


def _member_parts(value: Any, seen: Look, now: Round) -> object:
    held = (attributes(value) or {}).items()
    return "member", name_of(type(value)), [item for item in held if item[0] != "__objclass__"]


def is_changeable(kind: type, owners: Owners) -> bool:
    """Whether two names that lead to one object of this type could see each other's changes."""
    if is_plain(kind) or issubclass(kind, _FIXED) or _full_name(kind) in _LOCKS:
        return False
    top = module_of(kind).partition(".")[0]
    if top in _STILL | _MACHINERY:
        return False
    if top == "numpy":  # arrays are told by their memory
        return module_of(kind).startswith("numpy.random")
    if top == "pandas":
        names = set(map(name_of, bases(kind)))
        return not names & {"Index", "ExtensionDtype", "_Timestamp", "_Timedelta", "BaseOffset"}
    plain = issubclass(kind, (tuple, str, bytes, int, float))
    return not (plain and not any("__dict__" in members_of(base) for base in bases(kind)))


def _full_name(kind: type) -> str:
    return f"{module_of(kind)}.{name_of(kind)}"


def _class_parts(kind: type, seen: Look, now: Round) -> object:
    name = (module_of(kind), name_of(kind))
    if not now.owners.owns(name[0]):
        return "class", name
    hidden = (types.GetSetDescriptorType, types.MemberDescriptorType)
    members = [
        (key, member)
        for key, member in members_of(kind).items()
        if type(member) not in hidden and not (type(key) is str and key in _HIDDEN)
    ]
    return "class", name, members


# What Python keeps in a class, some of it only once it was needed.
_HIDDEN = frozenset({"__slotnames__", "_abc_impl", "__abstractmethods__", "__annotations_cache__"})


def _function_parts(value: types.FunctionType, seen: Look, now: Round) -> object:
    name = (value.__module__, value.__qualname__)
    if not now.owners.owns(str(value.__module__)):
        home = sys.modules.get(str(value.__module__))
        shown = vars(home).get(value.__name__) if type(home) is types.ModuleType else None
        if shown is value:
            return "function", name
    return (
        "function",
        name,
        value.__code__,
        value.__defaults__,
        value.__kwdefaults__,
        value.__closure__,
        value.__dict__,
    )


def _cell_content(cell: types.CellType) -> object:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _generator_parts(value: Any, prefix: str) -> object:
    frame = getattr(value, f"{prefix}_frame")
    if frame is None:
        return "generator", "at its end"
    return "generator", frame.f_code, frame.f_lasti, list(frame.f_locals.items())


def _bound(value: Any) -> object:
    owner = value.__self__
    return value.__qualname__, None if type(owner) is types.ModuleType else owner


_BY_TYPE: dict[type, Any] = {
    types.ModuleType: lambda value: value.__name__,
    types.CodeType: lambda value: [getattr(value, name) for name in _CODE],
    types.CellType: _cell_content,
    types.MethodType: lambda value: (value.__func__, value.__self__),
    types.BuiltinFunctionType: _bound,
    types.MappingProxyType: lambda value: list(value.items()),
    type({}.keys()): lambda value: value.mapping,
    type({}.values()): lambda value: value.mapping,
    type({}.items()): lambda value: value.mapping,
    property: lambda value: (value.fget, value.fset, value.fdel),
    staticmethod: lambda value: value.__func__,
    classmethod: lambda value: value.__func__,
    functools._lru_cache_wrapper: lambda value: value.__wrapped__,
}
_BY_KIND = {address(kind): parts for kind, parts in _BY_TYPE.items()}


def _library_parts(value: Any, seen: Look, now: Round) -> object:
    """What pickle would store of an object whose class is a library's."""
    kind: Any = type(value)
    name = (module_of(kind), name_of(kind))
    if _full_name(kind) in _LOCKS:
        return "lock", name
    try:
        how = copyreg.dispatch_table.get(kind)
        reduced = how(value) if how is not None else kind.__reduce_ex__(value, 5)
        if not isinstance(reduced, tuple):
            return "global", reduced
        make, args, state, items, pairs, *rest = (*reduced, None, None, None)[
            : max(5, len(reduced))
        ]
        lists = [list(part) if part is not None else None for part in (items, pairs)]
    except Exception:  # whatever a library raises for what can't be stored
        return instance_parts(value, seen, now, opaque=True)
    if name[0].startswith("pandas"):
        args, state = _uncached(args), _uncached(state)
    return "object", name, make, args, state, lists, rest


def _uncached(state: object) -> object:
    """Without what pandas computes once it is asked, and keeps."""
    if type(state) is tuple:
        return tuple(map(_uncached, state))
    if type(state) is dict:
        return {key: part for key, part in state.items() if key not in ("_cache", "_item_cache")}
    return state
