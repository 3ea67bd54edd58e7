"""Which of ruff's default findings a generated module has: the user's code is moved as it is, so
they are silenced by name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_AMBIGUOUS = {"l", "O", "I"}
_SEMICOLON = re.compile(r";\s*(#.*)?$")


def noqa(text: str) -> list[str]:
    """The comment line that silences what ruff would report, or nothing."""
    codes = sorted(set(_codes(text)))
    return [f"# ruff: noqa: {', '.join(codes)}"] if codes else []


def _codes(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    formats = {part for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) for part in [node.format_spec]}
    for node in ast.walk(tree):
        if node not in formats:
            yield from _codes_of(node)
    yield from _codes_of_lines(tree, text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _unused(node)


def _codes_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.Lambda()) | ast.AnnAssign(target=ast.Name(), value=ast.Lambda()):
            yield "E731"
        case ast.ExceptHandler(type=None):
            yield "E722"
        case ast.Compare(left=left, ops=ops, comparators=others):
            yield from _codes_of_comparison([left, *others], ops)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[ast.In() | ast.Is()])) as whole:
            yield "E713" if isinstance(whole.operand.ops[0], ast.In) else "E714"  # type: ignore[attr-defined]
        case ast.JoinedStr(values=values) if not any(isinstance(value, ast.FormattedValue) for value in values):
            yield "F541"
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) if name in _AMBIGUOUS:
            yield "E741"
        case ast.FunctionDef(name=name) if name in _AMBIGUOUS:
            yield "E743"
        case ast.ClassDef(name=name) if name in _AMBIGUOUS:
            yield "E742"
        case ast.Import(names=names) if len(names) > 1:
            yield "E401"
        case ast.Assert(test=ast.Tuple(elts=[_, *_])):
            yield "F631"
        case ast.If(test=ast.Tuple(elts=[_, *_])):
            yield "F634"


def _codes_of_comparison(sides: list[ast.expr], ops: list[ast.cmpop]) -> Iterator[str]:
    for op, left, right in zip(ops, sides, sides[1:], strict=False):
        constants = [side.value for side in (left, right) if isinstance(side, ast.Constant)]
        if isinstance(op, ast.Eq | ast.NotEq):
            if any(value is None for value in constants):
                yield "E711"
            if any(isinstance(value, bool) for value in constants):
                yield "E712"
            if any(_is_type_call(side) for side in (left, right)):
                yield "E721"
        elif isinstance(op, ast.Is | ast.IsNot) and any(isinstance(value, str | bytes | int | float) and not isinstance(value, bool) for value in constants):
            yield "F632"


def _is_type_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"


def _codes_of_lines(tree: ast.Module, text: str) -> Iterator[str]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for block in (body, getattr(node, "orelse", []), getattr(node, "finalbody", [])):
            for before, after in zip(block, block[1:], strict=False):
                if before.end_lineno == after.lineno:
                    yield "E702"
        if body and not isinstance(node, ast.Module) and body[0].lineno == getattr(node, "lineno", 0):
            yield "E704" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else "E701"
    ends = {(node.end_lineno, node.end_col_offset) for node in ast.walk(tree) if isinstance(node, ast.stmt)}
    lines = text.encode("utf-8", "surrogatepass").split(b"\n")
    for row, column in ends:
        if row and _SEMICOLON.match(lines[row - 1][column or 0 :].decode("utf-8", "replace").lstrip()):
            yield "E703"


def _unused(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """F841: a name assigned and never used; F811: a name defined again before its first use."""
    stored: set[str] = set()
    used: set[str] = set()
    defined: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets):
                stored |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                stored.add(name)
                yield from ["F842"] if node.value is None else []
            case ast.ExceptHandler(name=str(name)) | ast.NamedExpr(target=ast.Name(id=name)):
                stored.add(name)
            case ast.withitem(optional_vars=ast.Name(id=name)):
                stored.add(name)
            case ast.Name(id=name, ctx=ast.Load() | ast.Del()):
                used.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if node is not function:
                yield from ["F811"] if name in defined else []
                defined.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                defined |= {alias.asname or alias.name.split(".")[0] for alias in aliases}
                yield from ["F401"] if any(True for _ in aliases) and function.name != "main" else []
    if stored - used:
        yield "F841"
