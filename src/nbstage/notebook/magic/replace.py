"""Find the calls of `get_ipython()` that IPython makes, and put other text in their place."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbstage.notebook.magic.ipython import Traced

_ARGUMENTS = {"run_line_magic": 2, "magic": 1, "system": 1, "getoutput": 1}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: lines from 0, columns in characters, the end not included."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call such as `get_ipython().run_line_magic("cd", "..")`.

    `method` is `run_line_magic`, `system` or `getoutput`; `name` the magic's, else empty.
    `is_statement` where the call's value is not used.
    """

    span: Span
    method: str
    name: str
    argument: str
    is_statement: bool


@dataclass(frozen=True, slots=True)
class Replacement:
    span: Span
    text: str


def find_calls(tree: ast.Module, text: str) -> tuple[tuple[Call, ...], tuple[Span, ...]]:
    """Give the calls in order, and all other uses of `get_ipython`."""
    lines = text.split("\n")
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: list[Call] = []
    ours: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (parts := _parts(node)):
            found.append(Call(_span(node, lines), *parts, id(node) in statements))
            ours.update(id(inner) for inner in ast.walk(node.func))
    others = (_span(node, lines) for node in _uses(tree) if id(node) not in ours)
    return tuple(sorted(found, key=_position)), tuple(others)


def is_alone(span: Span, text: str) -> bool:
    """Whether nothing else stands on the lines of the span."""
    lines = text.split("\n")
    before, after = lines[span.line][: span.column], lines[span.end_line][span.end_column :]
    return not before.strip() and not after.strip()


def replaced(source: Traced, replacements: Iterable[Replacement]) -> Traced:
    """Put each text in its span's place; new lines come from the line where the span began."""
    lines, numbers = source.text.split("\n"), list(source.lines)
    for new in sorted(replacements, key=lambda r: (r.span.line, r.span.column), reverse=True):
        span = new.span
        before, after = lines[span.line][: span.column], lines[span.end_line][span.end_column :]
        made = f"{before}{new.text}{after}".split("\n")
        lines[span.line : span.end_line + 1] = made
        numbers[span.line : span.end_line + 1] = [numbers[span.line]] * len(made)
    return Traced("\n".join(lines), tuple(numbers))


def _parts(node: ast.Call) -> tuple[str, str, str] | None:
    """Take the call apart into method, magic's name and argument, if all of it is literal."""
    match node:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Call(func=ast.Name(id="get_ipython"), args=[], keywords=[]), attr=method
            ),
            args=arguments,
            keywords=[],
        ):
            values = [a.value for a in arguments if isinstance(a, ast.Constant)]
            texts = [value for value in values if isinstance(value, str)]
            if len(texts) != len(arguments) or _ARGUMENTS.get(method) != len(texts):
                return None
        case _:
            return None
    if method == "magic":
        name, _, rest = texts[0].lstrip("%").partition(" ")
        return "run_line_magic", name, rest
    return method, texts[0] if len(texts) == 2 else "", texts[-1]


def _uses(tree: ast.Module) -> Iterator[ast.Name]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "get_ipython":
            yield node


def _span(node: ast.expr, lines: list[str]) -> Span:
    """Python counts columns in bytes of UTF-8."""
    end_line = (node.end_lineno or node.lineno) - 1
    return Span(
        node.lineno - 1,
        _characters(lines[node.lineno - 1], node.col_offset),
        end_line,
        _characters(lines[end_line], node.end_col_offset or 0),
    )


def _characters(line: str, count: int) -> int:
    return len(line.encode()[:count].decode(errors="ignore"))


def _position(call: Call) -> tuple[int, int]:
    return call.span.line, call.span.column
