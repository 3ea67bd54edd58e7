"""Cells and their labels -> the notebook's statements in order, each with its stage."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.convert.lines import Line
from nbstage.model import Cell, Code, Label, Origin, Place, Role

#: What a string that goes on in the next line has in it.
_LONG_STRINGS = ('"""', "'''", "\\\n")


@dataclass(frozen=True, slots=True)
class Block:
    """A code cell with what its tags say and its plain Python.

    `stage` is empty where it belongs to none. `checked` is the stage that a check cell belongs to.
    """

    cell: Cell
    label: Label
    code: Code
    role: Role
    stage: str
    path: str
    checked: str = ""

    @property
    def check(self) -> str:
        """What the flow calls a check cell, as no stage can be called; empty for other cells."""
        return f"the check in cell {self.cell.number}" if self.role is Role.CHECK else ""

    @property
    def may_fail(self) -> bool:
        """Whether the cell raises on purpose: Jupyter goes on after it."""
        return "raises-exception" in self.cell.tags


@dataclass(frozen=True, slots=True)
class Segment:
    """One top-level statement of a block with the lines it stands on, its leading comments
    included.

    `first` and `last` count the lines of the block's text from 1; `start` is where the statement
    itself begins.
    `alone` is False where it shares a line with another (`import os; x = 1`), `ends` says
    that it is the last one of its block.
    """

    block: Block
    node: ast.stmt
    first: int
    start: int
    last: int
    alone: bool
    ends: bool


def arrange(cells: tuple[tuple[Cell, Label, Code], ...], path: str) -> tuple[Block, ...]:
    """The code cells in order, each given to its stage: an untagged cell belongs to the stage
    before it.
    """
    stage, blocks = "", []
    for cell, label, code in cells:
        role = label.role
        if role is Role.STAGE:
            stage = label.stage or stage
        if role is Role.UNTAGGED and stage:
            role = Role.STAGE
        own = stage if role is Role.STAGE else ""
        checked = label.stage or stage if role is Role.CHECK else ""
        blocks.append(Block(cell, label, code, role, own, path, checked))
    return tuple(blocks)


def segments(block: Block) -> tuple[Segment, ...]:
    """The top-level statements of a block."""
    nodes = ast.parse(block.code.text).body
    found, before = [], 0
    for position, node in enumerate(nodes):
        start = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
        last = node.end_lineno or node.lineno
        following = nodes[position + 1] if position + 1 < len(nodes) else None
        alone = start > before and (following is None or following.lineno > last)
        first = before + 1 if start > before else start
        found.append(Segment(block, node, first, start, last, alone, following is None))
        before = max(before, last)
    return tuple(found)


def trailing_lines(segment: Segment) -> tuple[str, ...]:
    """The lines after a block's last statement: comments."""
    return _numbered(segment.block, segment.last, None) if segment.ends else ()


def lines_of(segment: Segment) -> tuple[str, ...]:
    """A statement's own text, its leading comments included, as the user wrote it."""
    block = segment.block
    if segment.alone:
        return _numbered(block, segment.first - 1, segment.last)
    text = ast.get_source_segment(block.code.text, segment.node) or ""
    return tuple(
        Line(line, _origin(block, segment.start - 1 + number))
        for number, line in enumerate(text.split("\n"))
    )


def _numbered(block: Block, first: int, last: int | None) -> tuple[str, ...]:
    lines = block.code.text.split("\n")[first:last]
    return tuple(Line(line, _origin(block, first + at)) for at, line in enumerate(lines))


def _origin(block: Block, at: int) -> Origin:
    numbers = block.code.lines
    return Origin(block.cell.number, numbers[min(at, len(numbers) - 1)])


def frozen_lines(text: str) -> frozenset[int]:
    """The lines (from 1) that begin inside a multi-line string: indenting them would change its
    value.
    """
    found: set[int] = set()
    if not any(mark in text for mark in _LONG_STRINGS):
        return frozenset()
    opened: list[int] = []
    for token in _tokens(text):
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            found.update(range(token.start[0] + 1, token.end[0] + 1))
        elif name == "FSTRING_START":
            opened.append(token.start[0])
        elif name == "FSTRING_END":
            found.update(range(opened.pop() + 1, token.end[0] + 1))
    return frozenset(found)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def place(block: Block, node: ast.AST | None) -> Place:
    """Where a node stands in the user's cell."""
    cell = block.cell
    if node is None or not hasattr(node, "lineno"):
        return Place(block.path, cell.number)
    row = getattr(node, "lineno", 1)
    text = block.code.text.split("\n")
    line = block.code.lines[row - 1] if row <= len(block.code.lines) else row
    source = cell.source.split("\n")
    shown = source[line - 1].rstrip("\r") if 0 < line <= len(source) else ""
    written = text[row - 1] if row <= len(text) else ""
    start, end = _columns(node, written)
    if written != shown:
        start, end = _find(written[start:end], shown)
    return Place(block.path, cell.number, line, start, end, shown)


def _columns(node: ast.AST, written: str) -> tuple[int, int]:
    raw = written.encode("utf-8", "surrogatepass")
    first = getattr(node, "col_offset", 0)
    same_line = getattr(node, "end_lineno", None) == getattr(node, "lineno", None)
    last = getattr(node, "end_col_offset", len(raw)) if same_line else len(raw)
    start, end = (len(raw[:offset].decode("utf-8", "replace")) for offset in (first, last))
    return start, end


def _find(part: str, shown: str) -> tuple[int, int]:
    at = shown.find(part) if part else -1
    if at >= 0:
        return at, at + len(part)
    indent = len(shown) - len(shown.lstrip())
    return indent, len(shown)
