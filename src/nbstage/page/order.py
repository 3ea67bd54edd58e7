"""In which order the knots of each layer stand, so that few lines cross."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable
from itertools import pairwise
from typing import TypeVar

_ROUNDS = 16

K = TypeVar("K", bound=Hashable)


def arrange(rows: list[list[K]], links: list[tuple[K, K]]) -> list[list[K]]:
    """The rows with their knots in another order: each near the mean of its neighbours'.

    Links go from one row to the next. The best of a number of rounds, up and down in turn.
    """
    above: dict[K, list[K]] = {}
    below: dict[K, list[K]] = {}
    for one, other in links:
        below.setdefault(one, []).append(other)
        above.setdefault(other, []).append(one)
    best, fewest = rows, _crossings(rows, below)
    current = [list(row) for row in rows]
    for turn in range(_ROUNDS):
        if not fewest:
            break
        down = turn % 2 == 0
        steps: Iterable[int] = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for at in steps:
            near, beside = (above, at - 1) if down else (below, at + 1)
            current[at] = _by_means(current[at], current[beside], near)
        count = _crossings(current, below)
        if count < fewest:
            best, fewest = [list(row) for row in current], count
    return best


def _by_means(row: list[K], beside: list[K], near: dict[K, list[K]]) -> list[K]:
    position = {knot: number for number, knot in enumerate(beside)}
    means = {}
    for number, knot in enumerate(row):
        places = [position[other] for other in near.get(knot, ()) if other in position]
        means[knot] = sum(places) / len(places) if places else float(number)
    return sorted(row, key=lambda knot: means[knot])


def _crossings(rows: list[list[K]], below: dict[K, list[K]]) -> int:
    total = 0
    for row, following in pairwise(rows):
        position = {knot: number for number, knot in enumerate(following)}
        passed: list[int] = []
        for knot in row:
            ends = sorted(position[other] for other in below.get(knot, ()))
            total += sum(len(passed) - bisect_left(passed, end + 1) for end in ends)
            for end in ends:
                insort(passed, end)
    return total
