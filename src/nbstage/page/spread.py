"""How far to the right each knot stands: near its neighbours, with room beside the next one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

_ROUNDS = 10

K = TypeVar("K", bound=Hashable)


def spread(
    rows: list[list[K]], links: list[tuple[K, K]], widths: dict[K, float], gap: float
) -> dict[K, float]:
    """The centre of each knot. In each row the order is kept and knots are `gap` apart.

    Rows follow the row above and the one below in turn, so that chains become straight.
    """
    above: dict[K, list[tuple[K, float]]] = {knot: [] for row in rows for knot in row}
    below: dict[K, list[tuple[K, float]]] = {knot: [] for row in rows for knot in row}
    for one, other in links:
        # A line through layers is to be straight before all else.
        weight = 4.0 if not isinstance(one, str) and not isinstance(other, str) else 1.0
        below[one].append((other, weight))
        above[other].append((one, weight))
    across = {knot: 0.0 for row in rows for knot in row}
    for turn in range(_ROUNDS):
        down = turn % 2 == 0
        for row in rows if down else reversed(rows):
            near = [above[knot] if down else below[knot] for knot in row]
            wishes = [_wish(knot, beside, across) for knot, beside in zip(row, near, strict=True)]
            across |= _apart(row, wishes, widths, gap)
    return across


def _wish(knot: K, near: list[tuple[K, float]], across: dict[K, float]) -> float:
    total = sum(weight for _, weight in near)
    return sum(across[other] * weight for other, weight in near) / total if near else across[knot]


def _apart(row: list[K], wishes: list[float], widths: dict[K, float], gap: float) -> dict[K, float]:
    """The places that are nearest to the wishes, in least squares, with room between them: pool
    neighbours that want to overlap and give them their mean (Ayer and others, 1955).
    """
    offsets, at = [], 0.0
    for before, knot in zip([None, *row], row, strict=False):
        if before is not None:
            at += (widths[before] + widths[knot]) / 2 + gap
        offsets.append(at)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        pools.append((wish - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, count), (other, more) = pools[-2], pools[-1]
            pools[-2:] = [((mean * count + other * more) / (count + more), count + more)]
    means = [mean for mean, count in pools for _ in range(count)]
    return {knot: mean + offset for knot, mean, offset in zip(row, means, offsets, strict=True)}
