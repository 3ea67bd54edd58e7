"""Where the boxes of a graph stand and how its lines run, after Sugiyama: layers, order, places."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from nbstage.page.order import arrange
from nbstage.page.spread import spread

MARGIN = 12.0
_BESIDE, _NARROW = 26.0, 10.0
_BELOW, _BELOW_PLAIN = 16.0, 14.0


@dataclass(frozen=True, slots=True)
class Box:
    """Something to be placed."""

    key: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow between two boxes; `width` and `height` are those of its label, 0 without one."""

    start: str
    end: str
    width: float = 0.0
    height: float = 0.0


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Placed:
    """The drawing's size, the centre of each box, and for each line the points it goes through
    and the centre of its label.
    """

    width: float
    height: float
    boxes: dict[str, Point]
    lines: tuple[tuple[Point, ...], ...]
    labels: tuple[Point, ...]


# A knot is what takes room in a layer: a box by its key, or (line's number, layer).
Knot = str | tuple[int, int]


def place(boxes: tuple[Box, ...], lines: tuple[Line, ...]) -> Placed:
    """Place boxes and labels so that none lies on another; arrows go down.

    The lines must make no circle. Labels have layers of their own between those of the boxes.
    """
    layer = _layers(boxes, lines)
    paths = [_path(number, line, layer) for number, line in enumerate(lines)]
    last = max(layer.values(), default=0)
    rows: list[list[Knot]] = [[] for _ in range(last + 1)]
    for box in boxes:
        rows[layer[box.key]].append(box.key)
    for number, path in enumerate(paths):
        for knot in path[1:-1]:
            rows[layer[lines[number].start] + path.index(knot)].append(knot)
    sizes = _sizes(boxes, lines, layer)
    links = [pair for path in paths for pair in pairwise(path)]
    ordered = arrange(rows, links)
    widths = {knot: sizes.get(knot, (_NARROW, 0.0))[0] for row in rows for knot in row}
    across = spread(ordered, links, widths, _BESIDE)
    return _drawn(lines, paths, ordered, sizes, across, widths)


def _layers(boxes: tuple[Box, ...], lines: tuple[Line, ...]) -> dict[str, int]:
    """Even layers: each box below all that leads to it. What has no arrow to it sinks."""
    before: dict[str, list[str]] = {box.key: [] for box in boxes}
    after: dict[str, list[str]] = {box.key: [] for box in boxes}
    for line in lines:
        before[line.end].append(line.start)
        after[line.start].append(line.end)
    layer: dict[str, int] = {}
    waiting = {key: len(found) for key, found in before.items()}
    ready = [key for key, count in waiting.items() if not count]
    while ready:
        key = ready.pop(0)
        layer[key] = max((layer[other] + 2 for other in before[key]), default=0)
        for other in after[key]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    for box in boxes:
        if after[box.key] and not before[box.key]:
            layer[box.key] = max(0, min(layer[key] for key in after[box.key]) - 2)
    return layer


def _path(number: int, line: Line, layer: dict[str, int]) -> tuple[Knot, ...]:
    between = range(layer[line.start] + 1, layer[line.end])
    return (line.start, *((number, at) for at in between), line.end)


def _label_layer(line: Line, layer: dict[str, int]) -> int:
    """The odd layer nearest to the line's middle."""
    middle = (layer[line.start] + layer[line.end]) // 2
    return middle if middle % 2 else middle - 1


def _sizes(
    boxes: tuple[Box, ...], lines: tuple[Line, ...], layer: dict[str, int]
) -> dict[Knot, tuple[float, float]]:
    found: dict[Knot, tuple[float, float]] = {box.key: (box.width, box.height) for box in boxes}
    for number, line in enumerate(lines):
        if line.width:
            found[(number, _label_layer(line, layer))] = (line.width, line.height)
    return found


def _drawn(
    lines: tuple[Line, ...],
    paths: list[tuple[Knot, ...]],
    rows: list[list[Knot]],
    sizes: dict[Knot, tuple[float, float]],
    across: dict[Knot, float],
    widths: dict[Knot, float],
) -> Placed:
    left = min((across[knot] - widths[knot] / 2 for row in rows for knot in row), default=0.0)
    right = max((across[knot] + widths[knot] / 2 for row in rows for knot in row), default=0.0)
    y, points, edges = MARGIN, dict[Knot, Point](), dict[Knot, float]()
    for row in rows:
        height = max((sizes.get(knot, (0.0, 0.0))[1] for knot in row), default=0.0)
        for knot in row:
            points[knot] = Point(across[knot] - left + MARGIN, y + height / 2)
            edges[knot] = sizes.get(knot, (0.0, 0.0))[1] / 2
        y += height + (_BELOW if height else _BELOW_PLAIN)
    ports = _ports(lines, paths, points, widths)
    drawn = []
    for number, path in enumerate(paths):
        (first, last), inner = ports[number], [points[knot] for knot in path[1:-1]]
        start = Point(first, points[path[0]].y + edges[path[0]])
        end = Point(last, points[path[-1]].y - edges[path[-1]])
        drawn.append((start, *inner, end))
    labels = tuple(_label_point(path, sizes, points) for path in paths)
    boxes = {knot: point for knot, point in points.items() if isinstance(knot, str)}
    return Placed(right - left + 2 * MARGIN, y - _BELOW + MARGIN, boxes, tuple(drawn), labels)


def _label_point(
    path: tuple[Knot, ...], sizes: dict[Knot, tuple[float, float]], points: dict[Knot, Point]
) -> Point:
    inner = path[1:-1]
    labelled = [knot for knot in inner if knot in sizes]
    return points[labelled[0] if labelled else inner[len(inner) // 2]]


def _ports(
    lines: tuple[Line, ...],
    paths: list[tuple[Knot, ...]],
    points: dict[Knot, Point],
    widths: dict[Knot, float],
) -> list[tuple[float, float]]:
    """Where along its boxes' edges each line begins and ends: side by side, without crossing."""
    starts, ends = [0.0] * len(lines), [0.0] * len(lines)
    for found, at, next_to in ((starts, 0, 1), (ends, -1, -2)):
        by_box: dict[Knot, list[int]] = {}
        for number, path in enumerate(paths):
            by_box.setdefault(path[at], []).append(number)
        for box, numbers in by_box.items():
            numbers.sort(key=lambda number: points[paths[number][next_to]].x)
            step = min(18.0, widths[box] * 0.8 / len(numbers))
            for position, number in enumerate(numbers):
                found[number] = points[box].x + (position - (len(numbers) - 1) / 2) * step
    return list(zip(starts, ends, strict=True))
