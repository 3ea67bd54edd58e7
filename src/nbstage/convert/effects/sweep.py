"""Let go of what no name leads to any more, so that looking for who holds an object stays short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbstage.convert.effects.machine import GLOBAL, Frame, Machine
from nbstage.convert.effects.objects import ClassInfo, FunctionInfo
from nbstage.convert.effects.values import Obj, Value, closure


def sweep(machine: Machine) -> int:
    """Forget the scopes of calls that are over, and dead objects among the holders of live ones.
    Gives how many objects are alive.

    Between two statements only: nothing is in flight then. What holds a dead object is dead too,
    so no name is missed later.
    """
    store = machine.store[0]
    values: dict[int, list[Value]] = {}
    for (number, _), value in store.items():
        values.setdefault(number, []).append(value)
    live: set[Obj] = set()
    scopes, todo = {GLOBAL}, [GLOBAL]
    while todo:
        roots = [obj for number in todo for value in values.get(number, ()) for obj in value.objs]
        found = closure(roots, _next) - live
        live |= found
        todo = list(_scopes_of(found) - scopes)
        scopes.update(todo)
    for obj in live:
        obj.holders &= live
        obj.names.clear()
    for key in [key for key in store if key[0] not in scopes]:
        del store[key]
    for (number, name), value in store.items():
        for obj in value.objs if number == GLOBAL else ():
            obj.names.add(name)
    return len(live)


def _next(obj: Obj) -> Iterator[Obj]:
    """Everything that can be got at through an object."""
    yield from obj.parts
    yield from obj.kin
    yield from obj.views.values()
    for value in obj.attributes.values():
        yield from value.objs
    if isinstance(obj.detail, ClassInfo):
        for value in (*obj.detail.members.values(), *obj.detail.bases):
            yield from value.objs
    if isinstance(obj.detail, FunctionInfo):
        for value in obj.detail.defaults:
            yield from value.objs


def _scopes_of(objs: Iterable[Obj]) -> set[int]:
    """The scopes that functions among the objects were made in."""
    found: set[int] = set()
    for obj in objs:
        frame: Frame | None = obj.detail.frame if isinstance(obj.detail, FunctionInfo) else None
        while frame is not None:
            found.add(frame.number)
            frame = frame.parent
    return found
