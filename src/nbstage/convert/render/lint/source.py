"""Ruff's findings in how the text of a module is laid out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

_EMPTY_COMMENT = re.compile(r"^\s*#\s*$", re.MULTILINE)
_EMPTY_PARENTHESES = re.compile(rb"class\s+\w+\s*\(\s*\)")
_ENDS_IN_SEMICOLON = re.compile(rb"\s*;\s*(#.*)?$")
_TWO_OPENED = re.compile(rb"\(\s*\(\s*$")
_TWO_CLOSED = re.compile(rb"\s*\)\s*\)")


def codes_of_source(nodes: tuple[ast.AST, ...], text: str) -> Iterator[str]:
    """The codes of what ruff reports of the layout: lines, parentheses, empty comments."""
    source = text.encode("utf-8", "surrogatepass")
    lines = source.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    if _EMPTY_COMMENT.search(text):
        yield "PLR2044"
    for node in nodes:
        match node:
            case ast.ClassDef(bases=[], keywords=[]) if _EMPTY_PARENTHESES.match(
                lines[node.lineno - 1].lstrip()
            ):
                yield "UP039"
            case ast.expr() if not isinstance(node, ast.Yield | ast.YieldFrom):
                start = starts[node.lineno - 1] + node.col_offset
                end = starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
                if _is_wrapped_twice(source, start, end):
                    yield "UP034"
        if isinstance(node, ast.stmt | ast.ExceptHandler | ast.Module):
            yield from _codes_of_lines(node, lines)


def _is_wrapped_twice(source: bytes, start: int, end: int) -> bool:
    """`print((a))`, but not `print((a, b))`, whose inner parentheses are the tuple's own."""
    if not _TWO_CLOSED.match(source, end):
        return False
    return _TWO_OPENED.search(source[max(0, start - 100) : start]) is not None


def _codes_of_lines(node: ast.AST, lines: list[bytes]) -> Iterator[str]:
    blocks = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    for block in filter(None, blocks):
        pairs = pairwise(block)
        if any(one.end_lineno == two.lineno for one, two in pairs):
            yield "E702"
    if blocks[0] and blocks[0][0].lineno == getattr(node, "lineno", 0):
        yield "E704" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else "E701"
    if isinstance(node, ast.stmt) and node.end_lineno:
        rest = lines[node.end_lineno - 1][node.end_col_offset or 0 :]
        if _ENDS_IN_SEMICOLON.match(rest):
            yield "E703"
