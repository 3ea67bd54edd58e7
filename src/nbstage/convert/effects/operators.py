"""What operators give: arithmetic, comparisons, formatted text."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from nbstage.convert.effects.follow import call_specials
from nbstage.convert.effects.machine import (
    Machine,
    keep_identity,
)
from nbstage.convert.effects.objects import (
    DATA,
    element_of,
    made,
)
from nbstage.convert.effects.values import (
    ANYTHING_IMMUTABLE,
    IMMUTABLE,
    UNKNOWN,
    Obj,
    Value,
    constant,
    of,
    reach,
)

_EQUAL_BY_VALUE = DATA | {"list", "dict", "set", "collections.defaultdict"}


def operation(machine: Machine, op: ast.operator, left: Value, right: Value) -> Value:
    if left.const is not UNKNOWN and right.const is not UNKNOWN:
        return fold(op, left.const, right.const)
    if left.type == "Path" or right.type == "Path":
        return Value(type="Path")
    call_specials(machine, left, (right,))
    call_specials(machine, right, (left,))
    types = {left.type, right.type}
    for table in ("pandas.DataFrame", "pandas.Series", "pandas", "data", "numpy.ndarray", "numpy"):
        if table in types:
            return of(Obj(table))
    if types & {"list"}:
        return of(made("list", None, *(element_of(side) for side in (left, right))))
    if types <= IMMUTABLE:
        same = types.pop() if len(types) == 1 else "scalar"
        return Value(type=same if same in ("str", "float") else "scalar")
    return of(made("", None, left, right))


def fold(op: ast.operator, left: object, right: object) -> Value:
    """The constant an operation on constants gives, as far as a path or a number needs it."""
    if isinstance(op, ast.Div) and (
        isinstance(left, PurePosixPath) or isinstance(right, PurePosixPath)
    ):
        if isinstance(left, str | PurePosixPath) and isinstance(right, str | PurePosixPath):
            return Value(type="Path", const=PurePosixPath(left) / right)
        return Value(type="Path")
    if isinstance(left, str) and isinstance(right, str) and isinstance(op, ast.Add):
        return constant(left + right)
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _fold_numbers(op, left, right)
    return ANYTHING_IMMUTABLE


def _fold_numbers(op: ast.operator, left: float, right: float) -> Value:
    try:
        match op:
            case ast.Add():
                return constant(left + right)
            case ast.Sub():
                return constant(left - right)
            case ast.Mult():
                return constant(left * right)
            case ast.Div():
                return constant(left / right)
            case ast.FloorDiv():
                return constant(left // right)
            case ast.Mod():
                return constant(left % right)
            case _:
                return ANYTHING_IMMUTABLE
    except (ArithmeticError, ValueError):
        return ANYTHING_IMMUTABLE


def unary(machine: Machine, op: ast.unaryop, value: Value) -> Value:
    if isinstance(value.const, int | float) and isinstance(op, ast.USub | ast.UAdd):
        return constant(-value.const if isinstance(op, ast.USub) else value.const)
    if isinstance(op, ast.Not):
        return Value(type="bool")
    call_specials(machine, value, ())
    return ANYTHING_IMMUTABLE if value.type in IMMUTABLE else of(made(value.type, None))


def compare(machine: Machine, values: list[Value], ops: list[ast.cmpop]) -> Value:
    for value in values:
        others = tuple(other for other in values if other is not value)
        call_specials(machine, of(*_instances(value), type=""), others)
    # Without an `__eq__`, to be equal is to be the same object.
    may_be_told_apart = any(
        obj.type not in _EQUAL_BY_VALUE for value in values for obj in reach(value.objs)
    )
    if may_be_told_apart or any(isinstance(op, ast.Is | ast.IsNot) for op in ops):
        keep_identity(machine, values)
    if any(value.type in DATA for value in values):
        return of(Obj(next(value.type for value in values if value.type in DATA)))
    return Value(type="bool") if all(value.type in IMMUTABLE for value in values) else of(Obj(""))


def _instances(value: Value) -> list[Obj]:
    """The notebook's own objects that are the value or in it: comparing may call their methods."""
    if not any(obj.leads_to_code for obj in value.objs):
        return []
    return [obj for obj in reach(value.objs) if obj.type == "instance"]


def look_for(machine: Machine, container: Value, wanted: Value) -> None:
    """Report that an object is looked for in a container: `table[thing]`, `things.index(thing)`.

    Without an `__eq__` only the very object is found.
    """
    if any(obj.type not in _EQUAL_BY_VALUE for obj in wanted.objs):
        keep_identity(machine, (container, wanted))


def formatted(machine: Machine, parts: list[ast.expr]) -> Value:
    values = [machine.evaluate(machine, part) for part in parts]
    for value in values:
        call_specials(machine, value, ())
    plain = [
        str(value.const) for value in values if isinstance(value.const, str | int | PurePosixPath)
    ]
    formats = any(
        isinstance(part, ast.FormattedValue) and part.format_spec is not None for part in parts
    )
    if len(plain) == len(values) and not formats:
        return constant("".join(plain))
    return Value(type="str")
