"""Two edits of one text, merged three ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Lines that both sides changed, each in its own way; `first` is where, in the first side."""

    first: int
    one: Lines
    base: Lines
    other: Lines


@dataclass(frozen=True, slots=True)
class _Both:
    """Lines that all three texts have: where they begin in each, and how many they are."""

    base: int
    one: int
    other: int
    count: int


def merge(base: Lines, one: Lines, other: Lines) -> tuple[Lines, tuple[Conflict, ...]]:
    """The lines with both sides' edits; where they conflict, those of the first."""
    lines: list[str] = []
    conflicts: list[Conflict] = []
    at = _Both(0, 0, 0, 0)
    for both in _in_all(base, one, other):
        mine, old = one[at.one : both.one], base[at.base : both.base]
        yours = other[at.other : both.other]
        if mine not in (old, yours) and yours != old:
            conflicts.append(Conflict(at.one + 1, mine, old, yours))
        lines += yours if mine == old else mine
        lines += base[both.base : both.base + both.count]
        count = both.count
        at = _Both(both.base + count, both.one + count, both.other + count, 0)
    return tuple(lines), tuple(conflicts)


def _in_all(base: Lines, one: Lines, other: Lines) -> Iterator[_Both]:
    """The runs of lines that both sides left as they were, and the texts' ends."""
    ours, theirs = _matches(base, one), _matches(base, other)
    at, to = 0, 0
    while at < len(ours) and to < len(theirs):
        (first, mine, count), (second, yours, number) = ours[at], theirs[to]
        start, end = max(first, second), min(first + count, second + number)
        if start < end:
            yield _Both(start, mine + start - first, yours + start - second, end - start)
        if first + count < second + number:
            at += 1
        else:
            to += 1
    yield _Both(len(base), len(one), len(other), 0)


def _matches(base: Lines, side: Lines) -> Sequence[tuple[int, int, int]]:
    return SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks()


def as_git_shows(conflict: Conflict, one: str, other: str) -> str:
    """The conflict between marks, as git writes it."""
    return "\n".join(
        [
            f"<<<<<<< {one}",
            *conflict.one,
            "||||||| as nbstage last wrote it",
            *conflict.base,
            "=======",
            *conflict.other,
            f">>>>>>> {other}",
        ]
    )
