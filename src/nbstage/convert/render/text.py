"""The user's own text, moved: comments and strings kept, indented where it goes into a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from nbstage.convert.blocks import frozen_lines, lines_of, trailing_lines
from nbstage.convert.lines import remade
from nbstage.convert.units import Unit

WIDTH = 88
#: Jupyter shows and closes a cell's figures when it ends: the next cell begins with none.
_SHOW = "nbstage.runtime.show_figures("
#: Jupyter goes on after a cell that is tagged as one that raises.
_GO_ON = "with nbstage.runtime.expected_error():"


def body_lines(
    units: Iterable[Unit], wanted: frozenset[str], shown: frozenset[int]
) -> tuple[str, ...]:
    """The text of statements in order, one blank line between cells, ready to stand in a function.

    `wanted` are the names the function uses, `shown` the statements whose value Jupyter shows and
    that may give a figure. Lines inside a multi-line string stay where they are;
    all others are indented by four.
    """
    cells: dict[int, list[Unit]] = {}
    for unit in units:
        cells.setdefault(unit.block.cell.number, []).append(unit)
    lines: list[str] = []
    last = next(reversed(cells), 0)
    drawing = {
        number
        for number, members in cells.items()
        if any(unit.effects.draws_figures for unit in members)
    }
    for number, members in cells.items():
        moved = _cell_text(members, wanted, shown)
        if members[0].block.may_fail and moved:
            moved = tuple(indented([_GO_ON, *moved]))
        closes = number in drawing - {last} and members[-1].index not in shown
        text = [*moved, *([f"    {_SHOW})"] if closes else [])]
        if text:
            lines += ["", *text] if lines else text
    return tuple(lines)


def _cell_text(units: list[Unit], wanted: frozenset[str], shown: frozenset[int]) -> tuple[str, ...]:
    lines: list[str] = []
    for unit in units:
        text = _without_star(unit, wanted) or statement_text(unit)
        lines += _shown(unit, text) if unit.index in shown else text
    if units:
        lines += trailing_lines(units[-1].segment)
    return _squeezed(indented(lines))


def _shown(unit: Unit, text: list[str]) -> list[str]:
    """A cell's last expression, whose value Jupyter shows. Parentheses around it are taken for
    those of the call.
    """
    fits = len(text) == 1 and "#" not in text[0] and len(_SHOW) + len(text[0]) + 5 <= WIDTH
    if fits:
        return [remade(text[0], f"{_SHOW}{text[0]})")]
    inside = isinstance(unit.node, ast.Expr) and unit.node.value.lineno > unit.node.lineno
    if inside and text[0] == "(" and text[-1] == ")":
        return [remade(text[0], _SHOW), *text[1:]]
    return [_SHOW, *indented(text), ")"]


def statement_text(unit: Unit) -> list[str]:
    """A statement's text with its leading comments, `global` turned as a function needs it."""
    lines = list(lines_of(unit.segment))
    lead = unit.segment.start - unit.segment.first if unit.segment.alone else 0
    return lines[:lead] + _without_semicolon(unit, _as_closure(unit, lines[lead:]))


def _without_star(unit: Unit, wanted: frozenset[str]) -> list[str] | None:
    """`from math import *` can't stand in a function: the names that are used can."""
    match unit.node:
        case ast.ImportFrom(names=[ast.alias(name="*")], module=str(module)):
            names = sorted(wanted & set(unit.effects.binds))
            line = lines_of(unit.segment)[-1]
            return [remade(line, f"from {module} import {', '.join(names)}" if names else "pass")]
        case _:
            return None


def indented(lines: list[str]) -> list[str]:
    """The lines moved in by four, but for those inside a string."""
    frozen = frozen_lines("\n".join(lines))
    return [
        line
        if number in frozen
        else remade(line, f"    {line}".rstrip() if line.strip() else "", 4)
        for number, line in enumerate(lines, start=1)
    ]


def _squeezed(lines: list[str]) -> tuple[str, ...]:
    """At most one blank line in a row, none at either end."""
    frozen = frozen_lines("\n".join(line.removeprefix("    ") for line in lines))
    found: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line or number in frozen or (found and found[-1]):
            found.append(line)
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _as_closure(unit: Unit, lines: list[str]) -> list[str]:
    """`global x` in a function means the notebook's x, which is the stage function's: `nonlocal
    x`.
    """
    first = unit.segment.start
    nodes = ast.walk(unit.node) if any("global" in line for line in lines) else ()
    for node in nodes:
        if isinstance(node, ast.Global) and unit.segment.alone:
            row = node.lineno - first
            inside = node.col_offset > 0
            word = "nonlocal" if inside else "pass  # global"
            turned = re.sub(r"\bglobal\b", word, lines[row], count=1)
            lines[row] = remade(lines[row], turned)
    return lines


def _without_semicolon(unit: Unit, lines: list[str]) -> list[str]:
    """Jupyter shows nothing of a cell that ends in `;`: to a module that says nothing."""
    row = (unit.node.end_lineno or 0) - unit.segment.start
    if not unit.segment.alone or not 0 <= row < len(lines):
        return lines
    line = lines[row].encode("utf-8", "surrogatepass")
    end = unit.node.end_col_offset or 0
    code, rest = (part.decode("utf-8", "surrogatepass") for part in (line[:end], line[end:]))
    if found := re.fullmatch(r"[ \t]*;[ \t]*?((?:[ \t]+#.*)?)", rest):
        lines[row] = remade(lines[row], f"{code}{found[1]}")
    return lines


def call_lines(head: str, args: list[str], tail: str, indent: int) -> list[str]:
    """A call or signature on one line if it fits, else wrapped as ruff does."""
    pad = " " * indent
    line = f"{pad}{head}({', '.join(args)}){tail}"
    if len(line) <= WIDTH or not args:
        return [line]
    inner = f"{pad}    {', '.join(args)}"
    if len(inner) <= WIDTH:
        return [f"{pad}{head}(", inner, f"{pad}){tail}"]
    return [f"{pad}{head}(", *(f"{pad}    {arg}," for arg in args), f"{pad}){tail}"]
