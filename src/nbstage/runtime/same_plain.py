"""Python's own values compared one level at a time: what differs, or the parts to look at next."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Part = tuple[str, object, object]
    # A text says what differs here; a list holds the parts still to compare, each with its step.
    Finding = str | list[Part]

# Types whose == is exact among values of the same type.
EXACT = frozenset({bool, bytes, int, str, type(None), type(...), type(NotImplemented)})
SCALARS = EXACT | {float, complex}
LONGEST = 60


def compare_plain(x: object, y: object) -> Finding | None:
    """The finding for two values of one built-in type; None if the type is not one of those."""
    kind = type(x)
    if kind in SCALARS:
        return [] if _alike(x, y) else became(x, y)
    if kind not in CONTAINERS:
        return None
    if isinstance(x, (list, tuple)) and isinstance(y, (list, tuple)):
        return compare_items(x, y)
    if isinstance(x, dict) and isinstance(y, dict):
        return compare_mappings(x, y)
    if isinstance(x, (set, frozenset)) and isinstance(y, (set, frozenset)):
        return compare_sets(x, y)
    return [] if x == y else "bytes differ"


CONTAINERS = frozenset({bytearray, dict, frozenset, list, set, tuple})


def _alike(x: object, y: object) -> bool:
    """Whether two simple values of any types are the same; False for all others."""
    kind = type(x)
    if kind is not type(y):
        return False
    if kind in EXACT:
        return x == y
    if isinstance(x, float) and isinstance(y, float):
        return kind is float and _same_float(x, y)
    if isinstance(x, complex) and isinstance(y, complex):
        return kind is complex and _same_float(x.real, y.real) and _same_float(x.imag, y.imag)
    return False


def _same_float(x: float, y: float) -> bool:
    if x == y:
        return x != 0 or math.copysign(1, x) == math.copysign(1, y)
    return x != x and y != y


def compare_items(
    a: list[object] | tuple[object, ...], b: list[object] | tuple[object, ...]
) -> Finding:
    """Two sequences of one length, position by position."""
    if len(a) != len(b):
        return f"length {len(a)} became {len(b)}"
    if _plainly_equal(a, b):
        return []
    pairs = enumerate(zip(a, b, strict=True))
    return [(f"[{n}]", x, y) for n, (x, y) in pairs if x is not y and not _alike(x, y)]


def _plainly_equal(a: Iterable[object], b: Iterable[object]) -> bool:
    """Whether two runs of simple values are the same; False may also mean "look closer".

    It runs at C speed: a column of a million cells takes some hundredths of a second.
    """
    kinds = list(map(type, a))
    if kinds != list(map(type, b)):
        return False
    distinct = set(kinds)
    if distinct <= EXACT:
        return list(a) == list(b)
    return distinct == {float} and _bits(a) == _bits(b)


def _bits(numbers: Iterable[object]) -> bytes:
    from array import array

    return array("d", [number for number in numbers if isinstance(number, float)]).tobytes()


def compare_mappings(a: dict[object, object], b: dict[object, object]) -> Finding:
    """Two dicts: their keys in order, then the values."""
    if len(a) != len(b):
        return f"{len(a)} keys became {len(b)}"
    parts: list[Part] = []
    if not _plainly_equal(a, b):
        parts += [("a key", x, y) for x, y in zip(a, b, strict=True)]
    if not _plainly_equal(a.values(), b.values()):
        pairs = zip(a, a.values(), b.values(), strict=True)
        parts += [(f"[{label(key)}]", x, y) for key, x, y in pairs]
    return parts


def compare_sets(a: set[object] | frozenset[object], b: set[object] | frozenset[object]) -> Finding:
    """Two sets: each element with its equal, so that 1 for True is seen; the others by their type.

    The others are objects that equal only themselves, and not-a-numbers.
    """
    if len(a) != len(b):
        return f"{len(a)} elements became {len(b)}"
    twins = {element: element for element in b}
    parts: list[Part] = [("an element", x, twins.pop(x)) for x in a if x in twins]
    lonely = [x for x in a if x not in b]
    pairs = zip(sorted(lonely, key=_rank), sorted(twins.values(), key=_rank), strict=True)
    return parts + [("an element", x, y) for x, y in pairs]


def _rank(element: object) -> tuple[str, str]:
    return kind_name(element), clip(element)


def became(x: object, y: object) -> str:
    """ "1 became 2", with long values cut."""
    return f"{clip(x)} became {clip(y)}"


def label(key: object) -> str:
    """A key as it stands between brackets: 'a', 1, ('a', 1); the type's name for others."""
    if type(key) is tuple:
        return f"({', '.join(label(item) for item in key[:4])})"
    return clip(key) or kind_name(key)


def clip(value: object) -> str:
    """A simple value as text of one short line; nothing for others, whose repr may do anything."""
    if type(value) not in SCALARS:
        return ""
    if isinstance(value, int) and value.bit_length() > 200:
        return "a long integer"  # Python refuses to print the longest
    text = repr(value[: LONGEST + 1] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def kind_name(value: object) -> str:
    """`int`, `DataFrame`, `decimal.Decimal`: the value's type as one would write it."""
    kind = type(value)
    home = kind.__module__.partition(".")[0]
    return (
        kind.__name__
        if home in ("builtins", "numpy", "pandas")
        else (f"{kind.__module__}.{kind.__qualname__}")
    )
