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
from dataclasses import dataclass
from typing import Any

from nbstage.recorder.content import Look, Round
from nbstage.recorder.kinds import address, bases, members_of, module_of, name_of

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
_HELD = {address(kind): held for kind, held in _HELD_BY.items()}
_basicsize = type.__dict__["__basicsize__"].__get__
_WORD = object.__basicsize__ // 2


@dataclass(frozen=True, slots=True)
class Form:
    """What instances of a class are made of: how to get at the attributes, each slot, and what a
    built-in base holds. `hides`: C code may keep more in them.
    """

    name: tuple[str, str]
    attributes: Any
    slots: tuple[Any, ...]
    held: Any
    hides: bool
    stored_by_user: bool


def instance_parts(value: Any, seen: Look, now: Round, *, opaque: bool = False) -> object:
    """The parts of an object; `seen` is told if some can't be looked into."""
    kind = type(value)
    form = now.forms.get(address(kind))
    if form is None:
        form = now.forms[address(kind)] = _form(kind, now)
        now.alive.append(kind)
    seen.stored_by_user |= form.stored_by_user
    own = form.attributes.__get__(value) if form.attributes is not None else None
    slots = tuple(_content(slot, value) for slot in form.slots)
    held = form.held(value) if form.held is not None else None
    if opaque or form.hides:
        seen.opaque = True
        return "instance", form.name, own, slots, held, id(value)
    return "instance", form.name, own, slots, held


def attributes(value: object) -> dict[object, object] | None:
    """The instance's own `__dict__`, whatever its class says of that name."""
    getter = _getter(type(value))
    return getter.__get__(value) if getter is not None else None


def _form(kind: type, now: Round) -> Form:
    own = [base for base in bases(kind) if now.owners.owns(module_of(base))]
    slots = tuple(
        member
        for base in bases(kind)
        for member in members_of(base).values()
        if type(member) is types.MemberDescriptorType
    )
    held = next((_HELD[address(base)] for base in bases(kind) if address(base) in _HELD), None)
    return Form(
        (module_of(kind), name_of(kind)),
        _getter(kind),
        slots,
        held,
        held is None and _hides_something(kind, len(slots)),
        any(_STORED_BY & members_of(base).keys() for base in own),
    )


def _getter(kind: type) -> Any:
    for base in bases(kind):
        held = members_of(base).get("__dict__")
        if type(held) is types.GetSetDescriptorType:
            return held
    return None


def _content(slot: Any, value: object) -> object:
    try:
        return slot.__get__(value)
    except AttributeError:
        return "nothing"


def _hides_something(kind: type, slots: int) -> bool:
    """Whether an object is larger than its slots explain: then C code keeps something in it."""
    size: int = _basicsize(kind)
    return size > object.__basicsize__ + _WORD * (slots + 2)
