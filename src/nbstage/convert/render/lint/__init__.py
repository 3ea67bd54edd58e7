"""What ruff's default rules say of a user's code that was moved: it stays as it is, so they are silenced by name.

Rules that speak of what the tool itself writes (undefined names, unused or unsorted imports) are never silenced.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.render.lint.calls import codes_of_call
from nbstage.convert.render.lint.expressions import codes_of_expression
from nbstage.convert.render.lint.names import codes_of_names
from nbstage.convert.render.lint.source import codes_of_source
from nbstage.convert.render.lint.statements import codes_of_statement

#: With another version of ruff, or other settings, some of the others may have nothing to silence.
_UNUSED_NOQA = "RUF100"


def noqa(text: str) -> list[str]:
    """The comment line that silences what ruff would report of a module's text, or nothing."""
    found = set(_codes(text))
    if not found:
        return []
    return [f"# ruff: noqa: {', '.join(sorted({*found, _UNUSED_NOQA}))}"]


def _codes(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from codes_of_call(node)
            case ast.expr():
                yield from codes_of_expression(node)
            case ast.stmt() | ast.ExceptHandler():
                yield from codes_of_statement(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from codes_of_names(node)
    yield from codes_of_source(tree, text)
