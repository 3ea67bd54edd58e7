"""What the analysis knows of a value: which objects it may be, and how objects hold and share one
another.

A points-to analysis in the manner of Andersen (1994), kept small: objects are made where the
notebook makes them,
`parts` says what an object may hold, `kin` with whom it may share memory. Both only grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

#: Types whose values nobody can change, so that they need no object.
IMMUTABLE = frozenset(
    {"int", "float", "complex", "bool", "str", "bytes", "NoneType", "range", "Path", "scalar"}
)


class Unknown:
    """The mark of a constant that is not known."""

    __slots__ = ()


UNKNOWN = Unknown()


@dataclass(eq=False, slots=True)
class Obj:
    """One abstract object. `type` is its class as far as known, `detail` what a function or class
    of the notebook is made of.

    `views` are the objects that share a table's memory, one for each type of view; `origin` is
    what a view is a view of;
    `attributes` are those that the notebook's own code sets. `leads_to_code` says that it is, or
    leads to, a function or class of the notebook, which a library might call.
    """

    type: str
    detail: object = None
    parts: set[Obj] = field(default_factory=set)
    holders: set[Obj] = field(default_factory=set)
    kin: set[Obj] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    views: dict[str, Obj] = field(default_factory=dict)
    origin: Obj | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    leads_to_code: bool = False

    def hold(self, others: Iterable[Obj]) -> None:
        """Let this object hold the others."""
        for other in others:
            self.parts.add(other)
            other.holders.add(self)
            if other.leads_to_code:
                self.lead_to_code()

    def share(self, others: Iterable[Obj]) -> None:
        """Let this object share memory with the others, both ways."""
        for other in others:
            if other is not self:
                self.kin.add(other)
                other.kin.add(self)
                if other.leads_to_code or self.leads_to_code:
                    self.lead_to_code()
                    other.lead_to_code()

    def lead_to_code(self) -> None:
        """Note it for the object and all through which it is reached."""
        todo = [self]
        while todo:
            obj = todo.pop()
            if not obj.leads_to_code:
                obj.leads_to_code = True
                todo += [*obj.holders, *obj.kin]


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression may be.

    `objs` are the changeable objects it may be or (for a tuple) hold; `items` the values of a
    tuple known by position;
    `const` its constant, if known; `path` the dotted name of a library's module, class or function.
    """

    objs: frozenset[Obj] = frozenset()
    type: str = ""
    const: object = UNKNOWN
    items: tuple[Value, ...] | None = None
    path: str = ""


NOTHING = Value(type="NoneType", const=None)
ANYTHING_IMMUTABLE = Value(type="scalar")


def constant(value: object) -> Value:
    """The value of a literal."""
    return Value(type=type(value).__name__, const=value)


def of(*objs: Obj, type: str | None = None) -> Value:
    """The value that is one of these objects."""
    return Value(frozenset(objs), objs[0].type if type is None else type)


def join(values: Iterable[Value]) -> Value:
    """The value that is one of several."""
    seen = list(dict.fromkeys(values))
    if not seen:
        return Value()
    first = seen[0]
    if len(seen) == 1:
        return first
    objs: frozenset[Obj] = frozenset().union(*(value.objs for value in seen))
    same_type = first.type if all(value.type == first.type for value in seen) else ""
    same_path = first.path if all(value.path == first.path for value in seen) else ""
    return Value(objs, same_type, UNKNOWN, _join_items(seen), same_path)


def _join_items(values: list[Value]) -> tuple[Value, ...] | None:
    lengths = {len(value.items) if value.items is not None else -1 for value in values}
    if len(lengths) != 1 or -1 in lengths:
        return None
    return tuple(
        join(column) for column in zip(*(value.items or () for value in values), strict=True)
    )


def closure(objs: Iterable[Obj], step: Callable[[Obj], Iterable[Obj]]) -> set[Obj]:
    """All objects that can be reached by the given step, the first ones included."""
    seen = set(objs)
    todo = list(seen)
    while todo:
        for other in step(todo.pop()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def reach(objs: Iterable[Obj]) -> set[Obj]:
    """Everything the objects hold or share memory with, in turn."""
    return _spread(objs, _parts_and_kin)


def _parts_and_kin(objs: set[Obj]) -> list[set[Obj]]:
    held = [obj.parts for obj in objs if obj.parts]
    return held + [obj.kin for obj in objs if obj.kin]


def parts_of(objs: Iterable[Obj]) -> set[Obj]:
    """The objects and everything they hold, in turn."""
    return _spread(objs, lambda new: [obj.parts for obj in new if obj.parts])


def holders_of(objs: Iterable[Obj]) -> set[Obj]:
    """The objects and everything that holds one of them, in turn."""
    return _spread(objs, lambda new: [obj.holders for obj in new if obj.holders])


def alike(objs: Iterable[Obj]) -> list[list[Obj]]:
    """The objects in groups: what leads to one of a group leads to all of it, and each leads to
    the same. Long containers hold many such.
    """
    found: dict[object, list[Obj]] = {}
    for obj in objs:
        links = tuple(map(frozenset, (obj.parts, obj.kin, obj.holders)))
        kind = obj if obj.names else (obj.type, obj.detail, *links)
        found.setdefault(kind, []).append(obj)
    return list(found.values())


def _spread(objs: Iterable[Obj], next_to: Callable[[set[Obj]], list[set[Obj]]]) -> set[Obj]:
    seen = set(objs)
    new = seen
    while new:  # all objects of one distance at a time: long containers take but a few turns
        new = set[Obj]().union(*next_to(new)) - seen
        seen |= new
    return seen
