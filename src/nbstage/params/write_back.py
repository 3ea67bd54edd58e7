"""The values of params.yaml -> the sources of the parameters cells, changed where they differ."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nbstage.convert.blocks import Block, Segment, segments
from nbstage.convert.parameters import NotPlain, assigned, evaluate, find_parameters
from nbstage.model import Role
from nbstage.params.literal import NoLiteral, literal_lines
from nbstage.params.nouns import Refused


@dataclass(frozen=True, slots=True)
class Edit:
    """Text for a span of a block's plain Python: lines from 1, columns in characters."""

    first: tuple[int, int]
    last: tuple[int, int]
    text: str


def written_back(
    blocks: tuple[Block, ...], held: dict[str, object]
) -> tuple[dict[int, str], tuple[Refused, ...]]:
    """The new sources of the cells that change, by number, and the values that can't be written.

    Only an expression whose value differs is replaced, in lists and dicts only the items that do.
    The cells then give just the values of params.yaml: what doesn't is refused.
    """
    edits, refused = _edits(blocks, held)
    sources: dict[int, str] = {}
    changed = []
    for block in blocks:
        mine = edits.get(block.cell.number, ())
        moved = _on_source(block, mine) if mine else ()
        if moved is None:
            hint = "write the parameters on lines of plain Python."
            refused += (Refused("", block.cell.number, "the cell has IPython syntax there", hint),)
        elif moved:
            sources[block.cell.number] = _applied(block.cell.source, moved)
            code = replace(block.code, text=_applied(block.code.text, mine))
            block = replace(block, code=code)
        changed.append(block)
    if not refused:
        refused = _unproven(blocks, tuple(changed), held)
    return ({} if refused else sources), refused


def _edits(
    blocks: tuple[Block, ...], held: dict[str, object]
) -> tuple[dict[int, tuple[Edit, ...]], tuple[Refused, ...]]:
    """Follow the assignments in order, with the new values of those before."""
    known: dict[str, object] = {}
    edits: dict[int, tuple[Edit, ...]] = {}
    refused: list[Refused] = []
    assignments = tuple(_assignments(blocks))
    last = {name: segment for segment, name, _ in assignments}
    for segment, name, expression in assignments:
        cell = segment.block.cell.number
        try:
            known[name] = evaluate(expression, known)
        except NotPlain:
            continue
        if name not in held or last[name] is not segment or repr(known[name]) == repr(held[name]):
            continue
        try:
            found = tuple(_edits_of(segment.block, expression, held[name], known))
        except NoLiteral as error:
            message = f"'{name}' is {error} in params.yaml"
            refused.append(Refused(name, cell, message, "write it there as text or as a number."))
            continue
        except _HasComments:
            message = f"the value of '{name}' has comments inside, which would be lost"
            hint = "change it in the notebook, or take the comments out of it."
            refused.append(Refused(name, cell, message, hint))
            continue
        edits[cell] = (*edits.get(cell, ()), *found)
        known[name] = held[name]
    return edits, tuple(refused)


def _assignments(blocks: tuple[Block, ...]) -> Iterator[tuple[Segment, str, ast.expr]]:
    for block in blocks:
        if block.role is Role.PARAMETERS:
            for segment in segments(block):
                name, expression = assigned(segment.node)
                if name and expression is not None:
                    yield segment, name, expression


class _HasComments(Exception):
    """Comments stand in what would be replaced."""


def _edits_of(
    block: Block, node: ast.expr, value: object, known: dict[str, object]
) -> Iterator[Edit]:
    """What makes the expression give the value: edits of its items if it has the same, else of
    the whole.
    """
    items = _items(node, value)
    if items is None:
        yield _whole(block, node, value)
        return
    for item, wanted in items:
        if repr(evaluate(item, known)) != repr(wanted):
            yield from _edits_of(block, item, wanted, known)


def _items(node: ast.expr, value: object) -> list[tuple[ast.expr, object]] | None:
    match node, value:
        case ast.List(elts=elts), list() if len(elts) == len(value):
            return list(zip(elts, value, strict=True))
        case ast.Dict(keys=keys, values=values), dict():
            names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            if names == list(value):
                return list(zip(values, value.values(), strict=True))
    return None


def _whole(block: Block, node: ast.expr, value: object) -> Edit:
    lines = block.code.text.split("\n")
    first = node.lineno, _column(lines[node.lineno - 1], node.col_offset)
    end = node.end_lineno or node.lineno
    last = end, _column(lines[end - 1], node.end_col_offset or 0)
    old = _span(block.code.text, first, last)
    if _has_comment(old):
        raise _HasComments
    line = lines[first[0] - 1]
    margin = line[: len(line) - len(line.lstrip())]
    quote = "'" if "'" in old and '"' not in old else '"'
    return Edit(first, last, literal_lines(value, quote, first[1], margin))


def _column(line: str, offset: int) -> int:
    return len(line.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "surrogatepass"))


def _has_comment(text: str) -> bool:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"({text})").readline))
    except (tokenize.TokenError, SyntaxError):
        return True
    return any(token.type == tokenize.COMMENT for token in tokens)


def _on_source(block: Block, edits: tuple[Edit, ...]) -> tuple[Edit, ...] | None:
    """The edits on the cell's own lines; None where those aren't the lines of the plain Python."""
    source, text, numbers = (
        block.cell.source.split("\n"),
        block.code.text.split("\n"),
        block.code.lines,
    )
    moved = []
    for edit in edits:
        first, last = edit.first[0], edit.last[0]
        own = [numbers[line - 1] for line in range(first, last + 1)]
        same = [source[line - 1].rstrip("\r") for line in own] == text[first - 1 : last]
        if not same or own != list(range(own[0], own[0] + len(own))):
            return None
        moved.append(replace(edit, first=(own[0], edit.first[1]), last=(own[-1], edit.last[1])))
    return tuple(moved)


def _applied(text: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda edit: edit.first, reverse=True):
        start, end = _offset(text, edit.first), _offset(text, edit.last)
        text = text[:start] + edit.text + text[end:]
    return text


def _span(text: str, first: tuple[int, int], last: tuple[int, int]) -> str:
    return text[_offset(text, first) : _offset(text, last)]


def _offset(text: str, place: tuple[int, int]) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: place[0] - 1]) + place[1]


def _unproven(
    before: tuple[Block, ...], after: tuple[Block, ...], held: dict[str, object]
) -> tuple[Refused, ...]:
    """Parameters that would not be what they are to be."""
    wanted = {one.name: held.get(one.name, one.value) for one in find_parameters(before)}
    got = {one.name: one.value for one in find_parameters(after)}
    hint = "change it in the notebook."
    return tuple(
        Refused(name, 0, f"the notebook can't be made to give '{name}' that value", hint)
        for name, value in wanted.items()
        if name not in got or repr(got[name]) != repr(value)
    )
