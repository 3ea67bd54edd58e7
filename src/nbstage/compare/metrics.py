"""Metrics files of two versions -> each number with what came of it.

Not by `dvc metrics diff`: that exits with 0 and `{}` also where a file is missing or broken, leaves
out what is the same, and drops lists.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from nbstage.compare.directions import direction_of
from nbstage.compare.files import reason, text_of
from nbstage.compare.locked import metric_files
from nbstage.compare.nested import leaves, parse
from nbstage.compare.nouns import Judgement, Metric, Side
from nbstage.policy import Direction

#: A file's numbers by their dotted names; None for what is there but is no number.
Numbers = dict[str, float | None]


def compare_metrics(
    old: Side | None, new: Side, directions: Mapping[str, Direction]
) -> tuple[tuple[Metric, ...], tuple[str, ...]]:
    """Every metric of either version in the order of the files, and what could not be read.

    `directions` has the metrics of which the project's settings say which way is better.
    """
    sides = [side for side in (old, new) if side is not None]
    paths = dict.fromkeys(path for side in reversed(sides) for path in metric_files(side.locked))
    metrics: list[Metric] = []
    lost: list[str] = []
    notes: list[str] = []
    for path in paths:
        before = _numbers(old, path, lost) if old is not None else {}
        now = _numbers(new, path, notes)
        names = dict.fromkeys((*now, *before))
        metrics += [_metric(path, name, before, now, directions) for name in names]
    known = [replace(one, unread=bool(lost) and one.old is None) for one in metrics]
    return _called(list(_renamed(list(_moved(known))))), (*lost, *notes)


def flatten(data: object) -> Numbers:
    """The numbers in nested data by dotted names: {"by_age": {"old": 1}} is "by_age.old"."""
    return {
        name or "value": _as_float(value) if isinstance(value, int | float) else None
        for name, value in leaves(data, (dict, list)).items()
        if value not in ({}, [])
    }


def direction(name: str, directions: Mapping[str, Direction]) -> Direction:
    """Which way is better: as the settings say for the metric, for its last part, or its name."""
    last = name.rpartition(".")[2]
    for key in (name, last):
        if directions.get(key, Direction.UNKNOWN) is not Direction.UNKNOWN:
            return directions[key]
    return direction_of(name)


def read_metrics(text: str, path: str) -> Numbers:
    """The numbers in the text of a metrics file. Raises ValueError if it can't be read."""
    return flatten(parse(text, path))


def _numbers(side: Side, path: str, notes: list[str]) -> Numbers:
    if path not in metric_files(side.locked):
        return {}
    try:
        return read_metrics(text_of(side, path), path)
    except (OSError, ValueError) as error:
        why = side.missing.get(path) or reason(error)
        notes.append(f"metrics file '{path}' of {side.name} can't be read: {why}")
        return {}


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _metric(
    path: str, name: str, old: Numbers, new: Numbers, directions: Mapping[str, Direction]
) -> Metric:
    way = direction(name, directions)
    values = old.get(name), new.get(name)
    return Metric(path, name, *values, way, _judge(name, old, new, way))


def _judge(name: str, old: Numbers, new: Numbers, way: Direction) -> Judgement:
    if name not in new:
        return Judgement.GONE
    before, now = old.get(name), new[name]
    if now is None or not math.isfinite(now):
        return Judgement.NO_NUMBER
    if name not in old:
        return Judgement.ADDED
    if before is None or not math.isfinite(before):
        return Judgement.CHANGED
    if now == before:
        return Judgement.SAME
    if way is Direction.UNKNOWN:
        return Judgement.CHANGED
    return Judgement.BETTER if (now > before) == (way is Direction.HIGHER) else Judgement.WORSE


def _moved(metrics: list[Metric]) -> Iterator[Metric]:
    """A metric that is gone from one file and new in another is one metric, with both values."""
    gone, added = (
        Counter(one.name for one in metrics if one.judgement is what)
        for what in (Judgement.GONE, Judgement.ADDED)
    )
    both = {name for name in gone if gone[name] == added[name] == 1}
    old = {one.name: one.old for one in metrics if one.judgement is Judgement.GONE}
    for one in metrics:
        if one.name not in both:
            yield one
        elif one.judgement is Judgement.ADDED:
            judgement = _judge(one.name, old, {one.name: one.new}, one.direction)
            yield replace(one, old=old[one.name], judgement=judgement)


def _called(metrics: list[Metric]) -> tuple[Metric, ...]:
    counts = Counter(one.name for one in metrics)
    return tuple(
        replace(one, called=one.name if counts[one.name] == 1 else f"{one.path}:{one.name}")
        for one in metrics
    )


def _renamed(metrics: list[Metric]) -> Iterator[Metric]:
    """Metrics that are gone, where a new one has just their value and no other has."""
    added: dict[tuple[str, float | None], list[str]] = {}
    for one in metrics:
        if one.judgement is Judgement.ADDED:
            added.setdefault((one.path, one.new), []).append(one.name)
    for metric in metrics:
        gone = metric.judgement is Judgement.GONE
        alike = added.get((metric.path, metric.old), []) if gone else []
        yield replace(metric, renamed_to=alike[0]) if len(alike) == 1 else metric
