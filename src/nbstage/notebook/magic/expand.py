"""Text of shell lines as Python strings, with `{expr}` and `$name` expanded as IPython does."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass
from string import Formatter

_DOLLAR = re.compile(r"\$(\$?[\w.]+)")
_BUILTINS = frozenset(dir(builtins))
_NEEDS_PARENTHESES = re.compile(r"[{}:!=]|lambda")
_NOT_IN_AN_F_STRING = re.compile(r"[\"\\#\n]")


@dataclass(frozen=True, slots=True)
class _Field:
    expression: str
    conversion: str


def expanded(text: str, known_names: frozenset[str]) -> str:
    """Give the source of a Python string: `run {x}` becomes `f"run {x}"` where `x` is a known name.

    As in IPython it is all or nothing: if one field can't be evaluated, as in `awk '{print $1}'`,
    the whole text stays as it is.
    """
    pieces = _pieces(text)
    if pieces is None or not all(
        _is_evaluable(piece, known_names) for piece in pieces if isinstance(piece, _Field)
    ):
        return quoted(text)
    if not any(isinstance(piece, _Field) for piece in pieces):
        return quoted("".join(piece for piece in pieces if isinstance(piece, str)))
    return _f_string(pieces) or _format_call(pieces)


def quoted(text: str) -> str:
    """Give the text as a Python literal on one line, in the quotes that ruff prefers."""
    if text.count('"') > text.count("'"):
        return f"'{repr(text)[1:-1]}'"
    return f'"{_in_double_quotes(text)}"'


def call(function: str, *arguments: str) -> str:
    """Give a call as ruff lays it out: an argument of several lines has lines of its own."""
    if not any("\n" in argument for argument in arguments):
        return f"{function}({', '.join(arguments)})"
    return "\n".join([f"{function}(", *(f"    {argument}," for argument in arguments), ")"])


def block(text: str) -> str:
    """Give text that ends with a newline as a literal: several lines stay lines."""
    if text.count("\n") < 2:
        return quoted(text)
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    kept = "".join(
        char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in escaped
    )
    return f'"""\\\n{kept}"""'


def _pieces(text: str) -> tuple[str | _Field, ...] | None:
    """Cut into literal text and fields; None where the braces are not a format's."""
    pieces: list[str | _Field] = []
    try:
        for literal, name, spec, conversion in Formatter().parse(text):
            pieces.extend(_dollar_pieces(literal))
            if name is not None:
                # IPython has no format specs; what looks like one is a slice: `{x[1:2]}`.
                expression = f"{name}:{spec}" if spec else name
                pieces.append(_Field(expression.strip(" \t"), conversion or ""))
    except ValueError:
        return None
    return tuple(pieces)


def _dollar_pieces(literal: str) -> list[str | _Field]:
    """Cut at `$name`, but not within single quotes; `$$name` means `$name`."""
    pieces: list[str | _Field] = []
    start = 0
    for found in _DOLLAR.finditer(literal):
        if literal.count("'", found.end()) % 2:
            continue
        pieces.append(literal[start : found.start()])
        name = found[1]
        pieces.append(name if name.startswith("$") else _Field(name, ""))
        start = found.end()
    return [*pieces, literal[start:]]


def _is_evaluable(field: _Field, known_names: frozenset[str]) -> bool:
    tree = _parsed(field.expression)
    if tree is None:
        return False
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {node.id for node in names} <= known_names | _BUILTINS | bound


def _parsed(expression: str) -> ast.Expression | None:
    try:
        compile(expression, "<field>", "eval", dont_inherit=True)
        return ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _f_string(pieces: tuple[str | _Field, ...]) -> str | None:
    """Write an f-string that Python 3.11 reads too, or None where its quotes forbid it."""
    parts = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(_f_literal(piece))
            continue
        source = _single_quoted(piece.expression)
        if source is None:
            return None
        source = f"({source})" if _NEEDS_PARENTHESES.search(source) else source
        parts.append(f"{{{source}!{piece.conversion}}}" if piece.conversion else f"{{{source}}}")
    return f'f"{"".join(parts)}"'


def _f_literal(text: str) -> str:
    return _in_double_quotes(text).replace("{", "{{").replace("}", "}}")


def _in_double_quotes(text: str) -> str:
    inner = repr(text + '"')[1:-2].replace("\\'", "'")
    return inner.replace('"', '\\"')


def _single_quoted(expression: str) -> str | None:
    """Give the expression without double quotes and backslashes, or None."""
    if not _NOT_IN_AN_F_STRING.search(expression):
        return expression
    tree = _parsed(expression)
    # Python versions differ in how they write an f-string; the result has to be the same on all.
    if tree is None or any(isinstance(node, ast.JoinedStr) for node in ast.walk(tree)):
        return None
    source = ast.unparse(tree)
    return None if _NOT_IN_AN_F_STRING.search(source) else source


def _format_call(pieces: tuple[str | _Field, ...]) -> str:
    """Write `"... {}".format(...)`, which takes any expression."""
    fields = [piece for piece in pieces if isinstance(piece, _Field)]
    text = "".join(
        (f"{{!{piece.conversion}}}" if piece.conversion else "{}")
        if isinstance(piece, _Field)
        else piece.replace("{", "{{").replace("}", "}}")
        for piece in pieces
    )
    return f"{quoted(text)}.format({', '.join(f'({field.expression})' for field in fields)})"
