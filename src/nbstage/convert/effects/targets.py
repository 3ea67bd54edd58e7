"""Giving values to targets: names, parts of objects, several at once; and what iterating gives."""

from __future__ import annotations

import ast

from nbstage.convert.effects.follow import call_specials
from nbstage.convert.effects.iterators import use_up
from nbstage.convert.effects.library import change_library
from nbstage.convert.effects.machine import (
    Machine,
    change,
    put,
    scope_of,
)
from nbstage.convert.effects.objects import (
    element_of,
    key_and_group,
    made,
)
from nbstage.convert.effects.values import (
    ANYTHING_IMMUTABLE,
    Value,
    join,
    of,
)


def iterate(machine: Machine, value: Value) -> Value:
    """What iterating over a value gives; an iterator, or what may be one, is used up by it."""
    if value.items is not None:
        return join(value.items)
    if value.path or value.type in ("range", "scalar"):
        return ANYTHING_IMMUTABLE
    if value.type in ("str", "bytes"):
        return Value(type="str" if value.type == "str" else "int")
    if value.objs and all(obj.type == "pandas.GroupBy" for obj in value.objs):
        return key_and_group(value)
    use_up(machine, value.objs)
    call_specials(machine, value, ())
    return element_of(value)


def assign(machine: Machine, target: ast.expr, value: Value) -> None:
    """Give a target a value: bind a name, unpack, or change the object whose part is set."""
    match target:
        case ast.Name(id=name):
            put(machine, scope_of(machine, name), name, value)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            _unpack(machine, elts, value)
        case ast.Starred(value=inner):
            assign(machine, inner, of(made("list", None, value)))
        case ast.Attribute(value=inner, attr=name):
            set_attribute(machine, machine.evaluate(machine, inner), name, value)
        case ast.Subscript(value=inner, slice=index):
            machine.evaluate(machine, index)
            container = machine.evaluate(machine, inner)
            _set_part(machine, container, value, deep=container.type != "pandas.DataFrame")


def set_attribute(machine: Machine, container: Value, name: str, value: Value) -> None:
    """Give an attribute a value; any of them may be meant where the name is empty."""
    for obj in container.objs:
        for known in [name] if name else list(obj.attributes):
            before = obj.attributes.get(known)
            obj.attributes[known] = value if before is None else join([before, value])
    _set_part(machine, container, value, deep=False)


def _unpack(machine: Machine, elts: list[ast.expr], value: Value) -> None:
    starred = any(isinstance(elt, ast.Starred) for elt in elts)
    if value.items is not None and len(value.items) == len(elts) and not starred:
        for elt, item in zip(elts, value.items, strict=True):
            assign(machine, elt, item)
        return
    item = iterate(machine, value)
    for elt in elts:
        assign(machine, elt, item)


def _set_part(machine: Machine, container: Value, value: Value, *, deep: bool) -> None:
    if container.path and not container.objs:
        change_library(machine, container.path)
        return
    change(machine, container.objs, deep=deep or any(obj.type == "" for obj in container.objs))
    for obj in container.objs:
        obj.hold(value.objs)
