"""Silence, by name, what ruff's default rules say of a user's code, which is moved as it is.

Rules that judge what the tool itself writes are never silenced: undefined names, unsorted imports.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from nbstage.convert.effects.scope import walk
from nbstage.convert.render.lint.calls import (
    codes_of_call,
    codes_of_opening,
    codes_of_waiting,
)
from nbstage.convert.render.lint.expressions import codes_of_expression
from nbstage.convert.render.lint.names import codes_of_names
from nbstage.convert.render.lint.source import codes_of_source
from nbstage.convert.render.lint.statements import codes_of_statement

#: With another version of ruff, or with other settings, some codes may have nothing to silence.
_UNUSED_NOQA = "RUF100"


def noqa(name: str, text: str) -> list[str]:
    """The comment line that silences what ruff would report of a module, or nothing."""
    found = sorted({*_codes(text), *(["N999"] if name != name.lower() else [])})
    return [f"# ruff: noqa: {', '.join([*found, _UNUSED_NOQA])}"] if found else []


def _codes(text: str) -> Iterator[str]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        tree = ast.parse(text)
    if any("invalid escape" in str(warning.message) for warning in said):
        yield "W605"
    nodes = tuple(walk(tree))
    formats = {node.format_spec for node in nodes if isinstance(node, ast.FormattedValue)}
    for node in nodes:
        match node:
            case ast.Call():
                yield from codes_of_call(node)
            case ast.expr() if node not in formats:
                yield from codes_of_expression(node)
            case ast.stmt() | ast.ExceptHandler():
                yield from codes_of_statement(node)
        if isinstance(node, ast.AsyncFunctionDef):
            yield from codes_of_waiting(node)
    yield from codes_of_opening(nodes)
    yield from codes_of_names(nodes)
    yield from codes_of_source(nodes, text)
