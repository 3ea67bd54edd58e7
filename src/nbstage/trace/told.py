"""What came of a trace, as text and as data for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbstage.model import CellFacts
from nbstage.report.data import Plain, problems_as_data
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import clip, make_line, make_plain, pad, width
from nbstage.trace.facts import facts_as_data, trace_path
from nbstage.trace.nouns import Seen, Traced

COLUMNS = 100
_WIDEST_NAME = 30
_NO_STAGE = "(no stage)"


def traced_as_text(traced: Traced, paint: Paint = plain) -> str:
    """Return a table by stage of time, memory, values and files, then what deserves a look."""
    return "\n".join(_lines(traced, paint))


def traced_as_data(traced: Traced) -> Plain:
    """Return the facts of each cell with its number and stage, and why the run failed if it did."""
    failure = traced.failure
    return {
        "ok": traced.ok,
        "notebook": traced.notebook,
        "path": trace_path(traced.notebook) if traced.ok else None,
        "changed": traced.changed,
        "cells": [
            {"cell": seen.cell, "stage": seen.stage, **facts_as_data(seen.facts)}
            for seen in traced.seen
        ],
        "failure": None
        if failure is None
        else {
            "cell": failure.cell,
            "stage": traced.failed_stage,
            "ename": failure.ename,
            "evalue": failure.evalue,
            "traceback": failure.traceback,
        },
        "problems": problems_as_data(traced.problems),
    }


def notes(traced: Traced) -> list[str]:
    """Sentences on what a pipeline can't promise to repeat, cell by cell."""
    seeded: set[str] = set()
    found: list[str] = []
    for seen in traced.seen:
        facts, cell = seen.facts, f"cell {seen.cell}"
        seeded |= set(facts.seeds)
        for name in sorted(set(facts.draws) - seeded):
            found.append(f"{cell} draws from the global generator of {name}, which nothing seeds")
        for sentence, things in (
            ("tries to reach", facts.network),
            ("starts", facts.processes),
            ("reads the environment variable", facts.environment),
            ("reads, outside the project,", _outside(facts.reads)),
            ("writes, outside the project,", _outside(facts.writes)),
        ):
            if things:
                found.append(f"{cell} {sentence} {', '.join(things)}")
    return found


def _lines(traced: Traced, paint: Paint) -> Iterator[str]:
    yield paint(make_line(traced.notebook), "name")
    if traced.seen:
        yield ""
        yield from _table(traced, paint)
    told = notes(traced)
    if told:
        yield ""
        yield from (f"note: {clip(make_line(note), COLUMNS - 6)}" for note in told)
    if traced.failure is not None:
        yield ""
        yield from _failure(traced, paint)


def _failure(traced: Traced, paint: Paint) -> Iterator[str]:
    failure = traced.failure
    if failure is None:
        return
    stage = f", stage '{make_line(traced.failed_stage)}'" if traced.failed_stage else ""
    what = ": ".join(filter(None, (failure.ename, failure.evalue.split("\n")[0])))
    yield f"{paint('failed', 'error')} in cell {failure.cell}{stage}: {make_line(what)}"
    if failure.traceback:
        yield ""
        yield from (f"  {line}".rstrip() for line in make_plain(failure.traceback).split("\n"))


def _table(traced: Traced, paint: Paint) -> Iterator[str]:
    groups = _by_stage(traced.seen)
    names = {stage: clip(make_line(stage) or _NO_STAGE, _WIDEST_NAME) for stage in groups}
    left = max(map(width, names.values()))
    yield paint(f"  {'':{left}}  cells   seconds   peak MB", "dim")
    for stage, cells in groups.items():
        seconds = sum(seen.facts.seconds for seen in cells)
        peak = max(seen.facts.peak_mb for seen in cells)
        shown = paint(pad(names[stage], left), "name")
        yield f"  {shown}  {len(cells):5}  {seconds:8.2f}  {peak:8.0f}"
        for key, items in _details(cells):
            for first, line in zip([key, *[""] * len(items)], _wrap(items), strict=False):
                yield f"  {'':{left}}  {paint(f'{first:<9}', 'dim')}{line}"


def _by_stage(seen: Iterable[Seen]) -> dict[str, list[Seen]]:
    groups: dict[str, list[Seen]] = {}
    for one in seen:
        groups.setdefault(one.stage, []).append(one)
    return groups


def _details(cells: list[Seen]) -> Iterator[tuple[str, list[str]]]:
    facts = [seen.facts for seen in cells]
    for key, items in (
        ("hands on", _values(facts)),
        ("reads", sorted({path for one in facts for path in (*one.reads, *one.lists)})),
        ("writes", sorted({path for one in facts for path in one.writes})),
    ):
        if items:
            yield key, [clip(make_line(item), COLUMNS // 2) for item in items]


def _values(facts: list[CellFacts]) -> list[str]:
    """A value, its type, and the format that holds it."""
    return [
        f"{name}: {one.binds.get(name, '?')} as {form or 'nothing: it can not be stored'}"
        for one in facts
        for name, form in one.formats.items()
    ]


def _wrap(items: list[str]) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and width(lines[-1]) + 2 + width(item) <= COLUMNS - 40:
            lines[-1] += f", {item}"
        else:
            lines.append(item)
    return lines


def _outside(paths: tuple[str, ...]) -> list[str]:
    return [path for path in paths if path.startswith(("/", "~"))]
