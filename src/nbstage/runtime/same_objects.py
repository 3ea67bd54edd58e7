"""Objects of any type, compared by what pickle would store of them; functions by their code."""

from __future__ import annotations

import copyreg
import types
from pickle import PicklingError

from nbstage.runtime.same_plain import clip, compare_sets, kind_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstage.runtime.same_plain import Finding, Part

# What a class body holds that is not its meaning.
UNSEEN = frozenset(
    {
        "__abstractmethods__",
        "__annotate__",
        "__annotations_cache__",
        "__dict__",
        "__firstlineno__",
        "__module__",
        "__slotnames__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    }
)
# What counts of a piece of code: not the file and not the line it stands in.
CODE = (
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_flags",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_name",
)

# Unlike the built-in containers a subclass may define what it stores; errors of all kinds come out.
REFUSALS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    PicklingError,
    RuntimeError,
    TypeError,
    ValueError,
)


def compare_objects(x: object, y: object) -> Finding:
    """Two objects of one type, or of two copies of one class: what differs, or their parts."""
    match x, y:
        case types.ModuleType(), types.ModuleType():
            return _told(x.__name__ == y.__name__, f"module {x.__name__} became {y.__name__}")
        case types.FunctionType(), types.FunctionType():
            return _functions(x, y)
        case types.CodeType(), types.CodeType():
            return [(f".{name}", getattr(x, name), getattr(y, name)) for name in CODE]
        case types.MethodType(), types.MethodType():
            return [(".__func__", x.__func__, y.__func__), (".__self__", x.__self__, y.__self__)]
        case types.CellType(), types.CellType():
            return _cells(x, y)
        case staticmethod() | classmethod(), staticmethod() | classmethod():
            return [("", x.__func__, y.__func__)]
        case property(), property():
            return [(f".{name}", getattr(x, name), getattr(y, name)) for name in ACCESSORS]
        case type(), type():
            return _classes(x, y)
        case set() | frozenset(), set() | frozenset():
            return _with_attributes(compare_sets(x, y), x, y)
        case _:
            return _by_pickle(x, y)


ACCESSORS = ("fget", "fset", "fdel")


def _told(same: bool, what: str) -> Finding:
    return [] if same else what


def _cells(x: types.CellType, y: types.CellType) -> Finding:
    """What two closures share; an empty cell is one whose variable is not bound yet."""
    return [("", _content(x), _content(y))]


def _content(cell: types.CellType) -> list[object]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _functions(x: types.FunctionType, y: types.FunctionType) -> Finding:
    parts: list[Part] = [
        (".__code__", x.__code__, y.__code__),
        (".__defaults__", x.__defaults__, y.__defaults__),
        (".__kwdefaults__", x.__kwdefaults__, y.__kwdefaults__),
        (".__dict__", x.__dict__, y.__dict__),
        (".__closure__", x.__closure__, y.__closure__),
    ]
    # Only names that both know: `co_names` holds attributes too.
    shared = [n for n in _names(x.__code__) if n in x.__globals__ and n in y.__globals__]
    return parts + [(f"name '{n}'", x.__globals__[n], y.__globals__[n]) for n in shared]


def _names(code: types.CodeType) -> dict[str, None]:
    """The names in a function and in those inside it, such as comprehensions."""
    found = dict.fromkeys(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            found |= _names(inner)
    return found


def _classes(x: type, y: type) -> Finding:
    if not (x.__flags__ & HEAP_TYPE and y.__flags__ & HEAP_TYPE):
        return f"type {x.__qualname__} became {y.__qualname__}"
    mine, yours = _body(x), _body(y)
    if sorted(mine) != sorted(yours):
        return f"class {x.__qualname__} has other members: {_odd(mine, yours)}"
    bases: list[Part] = [(".__bases__", x.__bases__, y.__bases__)]
    return bases + [(f".{name}", mine[name], yours[name]) for name in mine]


HEAP_TYPE = 1 << 9  # made by a class statement, and not in C


def _body(kind: type) -> dict[str, object]:
    slots = (types.MemberDescriptorType, types.GetSetDescriptorType)
    return {
        name: value
        for name, value in vars(kind).items()
        if name not in UNSEEN and not isinstance(value, slots)
    }


def _odd(mine: dict[str, object], yours: dict[str, object]) -> str:
    return ", ".join(sorted(set(mine) ^ set(yours)))


def _with_attributes(found: Finding, x: object, y: object) -> Finding:
    if isinstance(found, str):
        return found
    return [*found, (".__dict__", getattr(x, "__dict__", None), getattr(y, "__dict__", None))]


def _by_pickle(x: object, y: object) -> Finding:
    """The parts that pickle stores: how to make the object, its state, its items."""
    try:
        mine, yours = _reduced(x), _reduced(y)
        if _opaque(mine) != _opaque(yours):
            # Some types store themselves as a file with the time in it: one more try is fair.
            mine, yours = _reduced(x), _reduced(y)
        equal = mine is None and bool(x == y)
    except REFUSALS:
        return f"{kind_name(x)} can't be compared"
    if mine is None or yours is None:
        return [] if equal else f"{kind_name(x)} can't be compared"
    if isinstance(mine, str) or isinstance(yours, str):
        return _told(mine == yours, f"{clip(mine)} became {clip(yours)}")
    if len(mine) != len(yours):
        return f"{kind_name(x)} is stored in another way"
    return _parts(mine, yours)


Reduced = tuple[object, ...]


def _reduced(value: object) -> Reduced | str | None:
    """What `__reduce_ex__` gives, iterators as lists; None where the type can't be pickled."""
    by_type: Callable[[object], object] | None = copyreg.dispatch_table.get(type(value))
    try:
        found = by_type(value) if by_type else value.__reduce_ex__(4)
    except TypeError:
        return None
    if not isinstance(found, tuple):
        return str(found)
    make, args, state, items, pairs, *rest = (*found, None, None, None)[: max(5, len(found))]
    if make is iter and args in (([],), ((),), ("",)):
        state = None  # at its end, whether it has noticed or not
    lists = (list(part) if part is not None else None for part in (items, pairs))
    return (make, args, state, *lists, *rest)


def _opaque(reduced: Reduced | str | None) -> list[object]:
    """The packed bytes among the arguments."""
    args = reduced[1] if isinstance(reduced, tuple) else ()
    items = args if isinstance(args, tuple) else ()
    return [item for item in items if isinstance(item, (bytes, bytearray))]


def _parts(mine: Reduced, yours: Reduced) -> list[Part]:
    found: list[Part] = []
    for x, y in zip(mine, yours, strict=True):
        if isinstance(x, dict) and isinstance(y, dict) and x.keys() == y.keys():
            found += [(f".{key}" if isinstance(key, str) else "", x[key], y[key]) for key in x]
        else:
            found.append(("", x, y))
    return found
