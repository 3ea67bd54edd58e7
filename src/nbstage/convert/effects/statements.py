"""What a statement binds, reads and changes."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nbstage.convert.effects import places
from nbstage.convert.effects.control import compound
from nbstage.convert.effects.definitions import bring, define, define_class
from nbstage.convert.effects.expressions import look_up
from nbstage.convert.effects.follow import call_specials
from nbstage.convert.effects.machine import (
    GLOBAL,
    Machine,
    change,
    forget,
    scope_of,
)
from nbstage.convert.effects.objects import (
    DATA,
)
from nbstage.convert.effects.targets import assign
from nbstage.convert.effects.values import (
    IMMUTABLE,
    NOTHING,
    Value,
    join,
)


def execute(machine: Machine, statements: Iterable[ast.stmt]) -> None:
    """Run statements in order, up to one that surely ends them."""
    for statement in statements:
        if machine.dead:
            return
        if not machine.depth:
            machine.site = statement
        _execute(machine, statement)


def _execute(machine: Machine, node: ast.stmt) -> None:
    match node:
        case ast.Expr(value=value):
            given = machine.evaluate(machine, value)
            if not machine.depth:
                machine.effects.gives = given.type if not given.path else None
        case ast.Assign(targets=targets, value=value):
            given = machine.evaluate(machine, value)
            for target in targets:
                assign(machine, target, given)
        case ast.AnnAssign(target=target, value=value):
            if value is not None:
                assign(machine, target, machine.evaluate(machine, value))
        case ast.AugAssign():
            _augment(machine, node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            define(machine, node)
        case ast.ClassDef():
            define_class(machine, node)
        case ast.Import() | ast.ImportFrom():
            bring(machine, node)
        case ast.Delete(targets=targets):
            for target in targets:
                _delete(machine, target)
        case ast.Return(value=value):
            machine.frame.returns.append(
                machine.evaluate(machine, value) if value is not None else NOTHING
            )
            machine.dead = True
        case _:
            compound(machine, node)


def _augment(machine: Machine, node: ast.AugAssign) -> None:
    """`x += 1` reads x, may change it in place, and binds it."""
    load = _as_load(node.target)
    before = machine.evaluate(machine, load)
    if before.path == "sys.path" and isinstance(node.value, ast.List):
        for elt in node.value.elts:
            places.add(machine, machine.evaluate(machine, elt))
        return
    given = machine.evaluate(machine, node.value)
    call_specials(machine, before, (given,))
    if before.objs:
        change(machine, before.objs, deep=before.type != "list")
        for obj in before.objs:
            if obj.type not in DATA:
                obj.hold(given.objs)
        after = before if before.type else join([before, given])
    else:
        after = Value(
            type=before.type if before.type == given.type and before.type in IMMUTABLE else "scalar"
        )
        after = join([after, given]) if given.objs else after
    assign(machine, node.target, after)


def _as_load(target: ast.expr) -> ast.expr:
    match target:
        case ast.Name(id=name):
            return ast.copy_location(ast.Name(name, ast.Load()), target)
        case ast.Attribute(value=value, attr=attr):
            return ast.copy_location(ast.Attribute(value, attr, ast.Load()), target)
        case ast.Subscript(value=value, slice=index):
            return ast.copy_location(ast.Subscript(value, index, ast.Load()), target)
        case _:
            return target


def _delete(machine: Machine, target: ast.expr) -> None:
    match target:
        case ast.Name(id=name):
            frame = scope_of(machine, name)
            look_up(machine, name)
            if frame.number == GLOBAL:
                forget(machine, name)
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            container = machine.evaluate(machine, value)
            if isinstance(target, ast.Subscript):
                machine.evaluate(machine, target.slice)
            change(machine, container.objs, deep=False)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for elt in elts:
                _delete(machine, elt)
