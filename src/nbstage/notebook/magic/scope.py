"""Names that code binds, lines inside its strings, and code put into a function of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.notebook.syntax import find_fault, parse


def bound_names(tree: ast.Module) -> frozenset[str]:
    """Give every name the code binds anywhere, in whatever scope."""
    return frozenset(name for node in ast.walk(tree) for name in _bound_by(node))


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(ctx=ast.Store(), id=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name):
            yield name
        case ast.alias(name=name, asname=asname):
            yield asname or name.split(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case _:
            return


def string_interior(tree: ast.Module) -> frozenset[int]:
    """Give the lines (from 1) that begin inside a multi-line string."""
    return frozenset(
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    )


def is_expression(text: str) -> bool:
    """Whether the text is one expression that binds no name."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return not any(isinstance(node, ast.NamedExpr) for node in ast.walk(tree))


def in_own_scope(text: str) -> tuple[str, ...]:
    """Give lines that run the text once without binding its names here.

    They are one more before the text's own lines and two after them; an expression, which binds
    no name, stays as it is.
    """
    if find_fault(text) is not None:
        return tuple(text.split("\n"))
    tree = parse(text)
    if not tree.body or is_expression(text):
        return tuple(text.split("\n"))
    inside = string_interior(tree)
    body = (
        f"    {line}" if line.strip() and number not in inside else line
        for number, line in enumerate(text.split("\n"), start=1)
    )
    return ("def _timeit():", *body, "", "_timeit()")
