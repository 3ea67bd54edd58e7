"""Ruff's findings in expressions other than calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.render.lint.calls import dotted

_SHORT_FLAGS = frozenset({f"re.{letter}" for letter in "AILMSTUX"})


def codes_of_expression(node: ast.expr) -> Iterator[str]:
    """The codes of what ruff reports of an expression itself, not of those within."""
    match node:
        case ast.Name() | ast.Attribute():
            yield from _codes_of_name(node)
        case ast.Compare(left=left, ops=ops, comparators=others):
            for op, one, other in zip(ops, [left, *others], others, strict=False):
                yield from _codes_of_comparison(op, one, other)
        case ast.BinOp() | ast.UnaryOp() | ast.IfExp():
            yield from _codes_of_operation(node)
        case ast.JoinedStr(values=values):
            yield from _codes_of_fstring(values)
        case ast.Constant(kind="u"):
            yield "UP025"
        case ast.Subscript(value=value, slice=ast.Constant(value=0)):
            yield from _codes_of_first(value)


def _codes_of_name(node: ast.Name | ast.Attribute) -> Iterator[str]:
    name = dotted(node)
    if name in _SHORT_FLAGS:
        yield "FURB167"
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and name in AMBIGUOUS:
        yield "E741"


#: Names that look like a figure.
AMBIGUOUS = frozenset({"I", "O", "l"})


def _codes_of_comparison(op: ast.cmpop, one: ast.expr, other: ast.expr) -> Iterator[str]:
    constants = [side.value for side in (one, other) if isinstance(side, ast.Constant)]
    if isinstance(op, ast.Eq | ast.NotEq):
        if None in constants:
            yield "E711"
        if any(isinstance(value, bool) for value in constants):
            yield "E712"
        if _is_type(one) or _is_type(other):
            yield "E721"
    elif isinstance(op, ast.Is | ast.IsNot):
        texts = [value for value in constants if value is not None and value is not ...]
        if any(not isinstance(value, bool) for value in texts):
            yield "F632"
        if _is_type(one) and _is_type(other):
            yield "FURB169"
    match other:
        case ast.Call(func=ast.Attribute(attr="keys")) if isinstance(op, ast.In | ast.NotIn):
            yield "SIM118"
    if dotted(one) and ast.dump(one) == ast.dump(other):
        yield "PLR0124"
    if len(constants) == 2:
        yield "PLR0133"
    if {dotted(one), dotted(other)} & {"np.nan", "numpy.nan", "math.nan", "np.NaN"}:
        yield "PLW0177"


def _is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) == "type"


def _codes_of_operation(node: ast.BinOp | ast.UnaryOp | ast.IfExp) -> Iterator[str]:
    match node:
        case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()):
            yield "UP031"
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[op])):
            names = {ast.In: "E713", ast.Is: "E714", ast.Eq: "SIM201", ast.NotEq: "SIM202"}
            yield from [names[type(op)]] if type(op) in names else []
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not())):
            yield "SIM208"
        case ast.IfExp(body=ast.Constant(value=True), orelse=ast.Constant(value=False)):
            yield "SIM210"
        case ast.IfExp(body=ast.Constant(value=False), orelse=ast.Constant(value=True)):
            yield "SIM211"


def _codes_of_fstring(values: list[ast.expr]) -> Iterator[str]:
    fields = [value.value for value in values if isinstance(value, ast.FormattedValue)]
    if not fields:
        yield "F541"
    if any(
        isinstance(field, ast.Call) and dotted(field.func) in {"repr", "str"} for field in fields
    ):
        yield "RUF010"


def _codes_of_first(value: ast.expr) -> Iterator[str]:
    """Of `[0]` after something."""
    match value:
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[_]) | ast.ListComp():
            yield "RUF015"
        case ast.Call(func=ast.Name(id="sorted")):
            yield "FURB192"
