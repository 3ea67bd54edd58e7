"""A module as rendered and as wanted -> edits of the cells that its lines came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from nbstage.convert.blocks import frozen_lines
from nbstage.model import Origin
from nbstage.sync.nouns import Edit


@dataclass(frozen=True, slots=True)
class _Texts:
    """The rendered lines with their origins, the wanted lines, and which of those begin in a
    string.
    """

    held: tuple[str, ...]
    origins: tuple[Origin | None, ...]
    wanted: tuple[str, ...]
    frozen: frozenset[int]

    def row(self, at: int) -> Origin | None:
        return self.origins[at] if 0 <= at < len(self.origins) else None


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines `first:last` of the rendered text become lines `start:end` of the wanted one."""

    first: int
    last: int
    start: int
    end: int


def find_edits(
    held: tuple[str, ...], origins: tuple[Origin | None, ...], wanted: tuple[str, ...]
) -> tuple[Edit, ...]:
    """The edits that turn the rendered lines into the wanted ones, as far as these lines are a
    cell's. What is not is left: whether it follows by itself, the next conversion tells.
    """
    texts = _Texts(held, origins, wanted, frozen_lines("\n".join(wanted)))
    return tuple(edit for hunk in _hunks(texts) for edit in _edits(texts, hunk))


def _hunks(texts: _Texts) -> Iterator[_Hunk]:
    matcher = SequenceMatcher(None, texts.held, texts.wanted, autojunk=False)
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind != "equal":
            hunk = _without_ours(texts, _Hunk(first, last, start, end))
            yield _whole_rows(texts, hunk)


def _without_ours(texts: _Texts, hunk: _Hunk) -> _Hunk:
    """The hunk without lines of nbstage's own at its ends, which no cell has, and as many of the
    wanted lines, which took their places.
    """
    ours = [_is_ours(texts, at) for at in range(hunk.first, hunk.last)]
    size = len(ours)
    if size and all(ours):
        before = texts.row(hunk.first - 1) is not None
        lead, trail = (0, size) if before else (size, 0)
    else:
        lead = next((at for at, one in enumerate(ours) if not one), 0)
        trail = next((at for at, one in enumerate(reversed(ours)) if not one), 0)
    start = min(hunk.start + lead, hunk.end)
    return _Hunk(hunk.first + lead, hunk.last - trail, start, max(start, hunk.end - trail))


def _is_ours(texts: _Texts, at: int) -> bool:
    return texts.row(at) is None and bool(texts.held[at].strip())


def _whole_rows(texts: _Texts, hunk: _Hunk) -> _Hunk:
    """The hunk with all lines of a row that it holds one of: `x = 1; y = 2` has become two."""
    first, last, start, end = hunk.first, hunk.last, hunk.start, hunk.end
    while start and texts.row(first - 1) and _same_row(texts, first - 1, first):
        first, start = first - 1, start - 1
    while end < len(texts.wanted) and texts.row(last) and _same_row(texts, last - 1, last):
        last, end = last + 1, end + 1
    return _Hunk(first, last, start, end)


def _same_row(texts: _Texts, one: int, other: int) -> bool:
    here, there = texts.row(one), texts.row(other)
    return here is not None and there is not None and _key(here) == _key(there)


def _key(origin: Origin) -> tuple[int, int]:
    return origin.cell, origin.line


def _edits(texts: _Texts, hunk: _Hunk) -> Iterator[Edit]:
    olds = [origin for at in range(hunk.first, hunk.last) if (origin := texts.row(at))]
    if not olds:
        yield from _insertion(texts, hunk)
        return
    rows = {_key(origin): origin for origin in olds}
    size = hunk.last - hunk.first
    if size == hunk.end - hunk.start == len(rows):
        for at, origin in enumerate(rows.values()):
            yield _replacing(texts, origin, range(hunk.start + at, hunk.start + at + 1))
        return
    shares = _shares(texts, hunk, list(rows.values()))
    for origin, numbers in zip(rows.values(), shares, strict=True):
        yield _replacing(texts, origin, numbers)


def _shares(texts: _Texts, hunk: _Hunk, rows: list[Origin]) -> list[range]:
    """Which of the wanted lines each row becomes: one for one from the top within the hunk, and
    all that is left over at the last row of the first cell.
    """
    here = sum(origin.cell == rows[0].cell for origin in rows)
    count, other = hunk.end - hunk.start, len(rows) - here
    kept = min(max(count - other, 1), count)
    shares = [range(hunk.start + at, hunk.start + min(at + 1, kept)) for at in range(here)]
    if kept > here:
        shares[-1] = range(hunk.start + here - 1, hunk.start + kept)
    rest = [hunk.start + kept + at for at in range(other)]
    return [*shares, *(range(at, min(at + 1, hunk.end)) for at in rest)]


def _replacing(texts: _Texts, origin: Origin, numbers: range) -> Edit:
    return Edit(origin.cell, origin.line, origin.line, _moved_back(texts, numbers, origin.depth))


def _insertion(texts: _Texts, hunk: _Hunk) -> Iterator[Edit]:
    """New lines go after the line before them, or else before the line after them."""
    numbers = range(hunk.start, hunk.end)
    if not any(texts.wanted[at].strip() for at in numbers):
        return
    before, after = hunk.first - 1, hunk.last
    while before >= 0 and texts.row(before) is None and not texts.held[before].strip():
        before -= 1
    while after < len(texts.held) and texts.row(after) is None and not texts.held[after].strip():
        after += 1
    if origin := texts.row(before):
        lines = _moved_back(texts, numbers, origin.depth)
        yield Edit(origin.cell, origin.line + 1, origin.line, lines)
    elif origin := texts.row(after):
        lines = _moved_back(texts, numbers, origin.depth)
        yield Edit(origin.cell, origin.line, origin.line - 1, lines)


def _moved_back(texts: _Texts, numbers: range, depth: int) -> tuple[str, ...]:
    """The wanted lines as they stand in a cell; inside a string they stay where they are."""
    lines = []
    for at in numbers:
        line = texts.wanted[at]
        margin = len(line) - len(line.lstrip(" "))
        lines.append(line if at + 1 in texts.frozen else line[min(depth, margin) :])
    return tuple(lines)
