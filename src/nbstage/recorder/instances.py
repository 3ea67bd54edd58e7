"""Instances of the user's classes: attributes, slots, and what a built-in base class holds.

Nothing of the class is called, neither `__reduce__` nor `__getattr__` nor `__iter__`:

    class Stack(list):
        def __iter__(self): return iter(())   # `list.__iter__` finds the elements all the same
"""

from __future__ import annotations

import array
import collections
import datetime
import types
from typing import Any

from nbstage.recorder.content import Look, Round
from nbstage.recorder.kinds import bases, members_of, module_of, name_of

# Any in this module: values of all types pass here.

_STORED_BY = frozenset(
    {
        "__copyreg__",
        "__getnewargs__",
        "__getnewargs_ex__",
        "__getstate__",
        "__reduce__",
        "__reduce_ex__",
        "__setstate__",
    }
)
_HELD_BY: dict[type, Any] = {
    collections.OrderedDict: lambda value: (
        list(collections.OrderedDict.__iter__(value)),
        list(dict.items(value)),
    ),
    collections.deque: lambda value: list(collections.deque.__iter__(value)),
    list: lambda value: list(list.__iter__(value)),
    dict: lambda value: list(dict.items(value)),
    set: lambda value: list(set.__iter__(value)),
    frozenset: lambda value: list(frozenset.__iter__(value)),
    tuple: lambda value: list(tuple.__iter__(value)),
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytearray.__getitem__(value, slice(None)),
    array.array: array.array.tobytes,
    int: int.__int__,
    float: float.__float__,
    complex: lambda value: None,
    BaseException: BaseException.__dict__["args"].__get__,
    datetime.date: lambda value: None,
    datetime.time: lambda value: None,
    datetime.timedelta: lambda value: None,
}
_HELD = {id(kind): held for kind, held in _HELD_BY.items()}
_basicsize = type.__dict__["__basicsize__"].__get__
_WORD = object.__basicsize__ // 2


def instance_parts(value: Any, seen: Look, now: Round, *, opaque: bool = False) -> object:
    """The parts of an object; `seen` is told if some can't be looked into."""
    kind = type(value)
    own = [base for base in bases(kind) if now.owners.owns(module_of(base))]
    if any(_STORED_BY & members_of(base).keys() for base in own):
        seen.stored_by_user = True
    base = next((base for base in bases(kind) if id(base) in _HELD), None)
    slots = _slots(value, kind)
    parts = [attributes(value), slots, _HELD[id(base)](value) if base is not None else None]
    if opaque or (base is None and _hides_something(kind, len(slots))):
        seen.opaque = True
        parts.append(id(value))
    return "instance", (module_of(kind), name_of(kind)), parts


def attributes(value: object) -> dict[object, object] | None:
    """The instance's own `__dict__`, whatever its class says of that name."""
    for base in bases(type(value)):
        held = members_of(base).get("__dict__")
        if type(held) is types.GetSetDescriptorType:
            found: dict[object, object] = held.__get__(value)
            return found
    return None


def _slots(value: object, kind: type) -> list[object]:
    found: list[object] = []
    for base in bases(kind):
        for name, member in members_of(base).items():
            if type(member) is types.MemberDescriptorType:
                try:
                    found.append((name, member.__get__(value)))
                except AttributeError:
                    found.append((name,))
    return found


def _hides_something(kind: type, slots: int) -> bool:
    """Whether an object is larger than its slots explain: then C code keeps something in it."""
    size: int = _basicsize(kind)
    return size > object.__basicsize__ + _WORD * (slots + 2)
