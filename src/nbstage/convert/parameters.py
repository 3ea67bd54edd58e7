"""Parameters cells -> the keys of params.yaml."""

from __future__ import annotations

import ast
import io
import operator
import tokenize
from collections.abc import Callable, Iterator

from nbstage.convert.blocks import Block, segments
from nbstage.model import Parameter, Role

_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_LARGEST = 10**12


class NotPlain(Exception):
    """An expression is no plain value that YAML can hold."""


def find_parameters(blocks: tuple[Block, ...], section: str = "") -> tuple[Parameter, ...]:
    """The parameters of a notebook, each with the comments that stand with it; the last assignment
    of a name counts. `section` is where params.yaml has them.
    """
    found: dict[str, Parameter] = {}
    for block in blocks:
        if block.role is not Role.PARAMETERS:
            continue
        comments = _comments(block.code.text)
        for segment in segments(block):
            name, expression = assigned(segment.node)
            if not name or expression is None:
                continue
            try:
                value = evaluate(
                    expression, {other: parameter.value for other, parameter in found.items()}
                )
            except NotPlain:
                continue
            lines = (*range(segment.first, segment.start), segment.last)
            comment = tuple(comments[line] for line in lines if line in comments)
            found[name] = Parameter(name, value, comment, section)
    return tuple(found.values())


def assigned(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """The one name that a statement binds to an expression; "" if it does anything else."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return name, value
        case _:
            return "", None


def _comments(text: str) -> dict[int, str]:
    """The comment on each line, without its `#`."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return {}
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def evaluate(node: ast.expr, known: dict[str, object]) -> object:
    """The value of a literal, of arithmetic on numbers, or of text put together; raises NotPlain
    for all else.
    """
    match node:
        case ast.Constant(value=str() | int() | float() | None as value):
            return value
        case ast.List(elts=elts):
            return [evaluate(elt, known) for elt in elts]
        case ast.Dict(keys=keys, values=values):
            return dict(_pairs(keys, values, known))
        case ast.Name(id=name) if name in known and not isinstance(known[name], list | dict):
            return known[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
            value = _number(evaluate(operand, known))
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            return _operation(op, evaluate(left, known), evaluate(right, known))
        case _:
            raise NotPlain


def _pairs(
    keys: list[ast.expr | None], values: list[ast.expr], known: dict[str, object]
) -> Iterator[tuple[str, object]]:
    for key, value in zip(keys, values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise NotPlain
        yield key.value, evaluate(value, known)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotPlain
    return value


def _operation(op: ast.operator, left: object, right: object) -> object:
    if isinstance(op, ast.Add) and isinstance(left, str) and isinstance(right, str):
        return left + right
    if type(op) not in _OPERATIONS or (isinstance(op, ast.Pow) and abs(_number(right)) > 64):
        raise NotPlain
    try:
        result = _OPERATIONS[type(op)](_number(left), _number(right))
    except (ArithmeticError, ValueError):
        raise NotPlain from None
    if isinstance(result, complex) or abs(result) > _LARGEST**4:
        raise NotPlain
    return result
