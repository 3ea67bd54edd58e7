"""Objects of the notebook: its functions and classes, and what parts of an object may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbstage.convert.effects.machine import Frame
from nbstage.convert.effects.scope import Function, locals_of
from nbstage.convert.effects.values import ANYTHING_IMMUTABLE, Obj, Value, reach

#: Tables and arrays, whatever they exactly are.
DATA = frozenset({"pandas.DataFrame", "pandas.Series", "pandas", "numpy.ndarray", "numpy", "data"})
_CONTAINERS = frozenset({"list", "set", "dict", "iterator"})


@dataclass(eq=False, slots=True)
class FunctionInfo:
    """A function, method or lambda of the notebook: its text, the scope it was made in, its
    default values. `keeps` is the decorator that lets it keep something between calls.
    """

    node: Function
    frame: Frame
    defaults: tuple[Value, ...]
    is_static: bool = False
    is_property: bool = False
    keeps: str = ""
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = locals_of(self.node)


@dataclass(eq=False, slots=True)
class ClassInfo:
    """A class of the notebook: its members by name, and its bases."""

    node: ast.ClassDef
    members: dict[str, Value]
    bases: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Resumable:
    """What an iterator that can be stored runs over."""

    sources: frozenset[Obj]


@dataclass(frozen=True, slots=True)
class EstimatorInfo:
    """How an estimator was made: with a fixed random state; to work in place."""

    seeded: bool
    in_place: bool


def made(type: str, detail: object = None, *values: Value) -> Obj:
    """A new object that holds what the values may be."""
    obj = Obj(type, detail, leads_to_code=isinstance(detail, FunctionInfo | ClassInfo))
    for value in values:
        obj.hold(value.objs)
    return obj


def members_of(obj: Obj, name: str) -> Iterator[Obj]:
    """The functions that `obj.name` may be: of an instance's class, or of its bases."""
    info = obj.detail
    if not isinstance(info, ClassInfo):
        return
    if name in info.members:
        yield from info.members[name].objs
        return
    for base in info.bases:
        for parent in base.objs:
            yield from members_of(parent, name)


def methods_of(obj: Obj) -> Iterator[Obj]:
    """All functions of an instance's or class's own classes."""
    info = obj.detail
    if isinstance(info, ClassInfo):
        for value in info.members.values():
            yield from (member for member in value.objs if isinstance(member.detail, FunctionInfo))
        for base in info.bases:
            for parent in base.objs:
                yield from methods_of(parent)


def library_bases(obj: Obj) -> Iterator[str]:
    """The library classes that an instance's class is built on."""
    if isinstance(obj.detail, ClassInfo):
        for base in obj.detail.bases:
            if base.path:
                yield base.path
            for parent in base.objs:
                yield from library_bases(parent)


def attribute_of(value: Value, name: str) -> Value:
    """What `value.name` may be: for a table or array a view of it, else the object itself or a
    part.
    """
    found: set[Obj] = set()
    for obj in value.objs:
        if obj.type in DATA:
            found.add(_view(obj, _attribute_type(obj.type, name)))
        elif (
            isinstance(obj.detail, EstimatorInfo) and name.endswith("_") and "estimator" not in name
        ):
            found.add(_view(obj, "data"))
        elif isinstance(obj.detail, ClassInfo):
            found |= _attribute_of_instance(obj, name)
        else:
            # What is not known stands for its parts too: to change it is to change them.
            found.add(obj)
            found.update(obj.parts if obj.type else ())
    return _as_value(found, value, name)


def _attribute_of_instance(obj: Obj, name: str) -> set[Obj]:
    """What code of the notebook set, and what it can't be known to be: then the whole object
    stands for it.
    """
    found = {part for part in obj.parts if part.type == ""}
    for member in members_of(obj, name):
        found.add(member)
    if name in obj.attributes:
        return found | obj.attributes[name].objs
    return found | {obj} | obj.parts


def _as_value(found: set[Obj], value: Value, name: str) -> Value:
    types = {obj.type for obj in found}
    if not found:
        kept = [obj.attributes[name] for obj in value.objs if name in obj.attributes]
        return (
            kept[0]
            if len(kept) == 1
            else Value(type="scalar")
            if value.type == "scalar"
            else Value()
        )
    if types & DATA and len(types) == 1:
        return Value(frozenset(found), types.pop())
    return Value(frozenset(found), "")


def _attribute_type(type: str, name: str) -> str:
    if name == "values":
        return "numpy.ndarray" if type.startswith("pandas.") else "data"
    if name == "T":
        return type
    if name in ("str", "dt", "cat"):
        return "pandas.Series"
    return "numpy" if type.startswith("numpy") else "data" if type == "data" else "pandas"


def _view(obj: Obj, type: str) -> Obj:
    origin = obj.origin or obj
    if type not in origin.views:
        origin.views[type] = Obj(type, origin=origin)
        origin.views[type].share([origin])
    return origin.views[type]


def element_of(value: Value, index: Value | None = None, *, copies: bool = False) -> Value:
    """What `value[...]`, or iterating over the value, may give."""
    if value.items is not None or value.type == "tuple":
        return _one_of(value.objs)
    if len(value.objs) == 1 and next(iter(value.objs)).type == "pairs":
        return Value(frozenset(part for obj in value.objs for part in obj.parts), "tuple")
    found: set[Obj] = set()
    for obj in value.objs:
        if obj.type in _CONTAINERS:
            found |= obj.parts
        elif obj.type == "file":
            continue
        elif obj.type in DATA:
            type = _element_type(obj.type, index, copies=copies)
            found.add(Obj(type) if copies else _view(obj, type))
        else:
            found |= {obj} | (obj.parts if obj.type else set())
    return _one_of(frozenset(found))


def key_and_group(value: Value) -> Value:
    """What iterating over `table.groupby(...)` gives: a key, and a table that is part of its own.

    What is no table may be a key if objects of the notebook's classes, or unknown ones, are in it.
    """
    held = reach(value.objs) - value.objs
    keys = frozenset(obj for obj in held if obj.type in ("", "instance"))
    tables = frozenset(obj for whole in value.objs for obj in whole.parts if obj.type in DATA)
    key = Value(keys) if keys else ANYTHING_IMMUTABLE
    group = _one_of(tables or frozenset(held))
    return Value(value.objs | held, "tuple", items=(key, group))


def part_of(value: Value) -> Value:
    """What a slice of a list or tuple may be: a new one with the same elements; of what is not
    known, anything of it.
    """
    if value.type == "tuple":
        return Value(value.objs, "tuple")
    if value.type == "list":
        return Value(frozenset([made("list", None, element_of(value))]), "list")
    return Value(frozenset([made("", None, value)])) if value.objs else value


def _element_type(type: str, index: Value | None, *, copies: bool) -> str:
    if type == "pandas.DataFrame":
        if copies:
            return type
        return "pandas.Series" if index is not None and isinstance(index.const, str) else "pandas"
    if type == "pandas.Series":
        return type if copies else "pandas"
    return "numpy" if type.startswith("numpy") else type


def _one_of(objs: frozenset[Obj]) -> Value:
    types = {obj.type for obj in objs}
    return Value(objs, types.pop() if len(types) == 1 else "")
