"""The notebook, run from top to bottom in a copy of the project. An edge."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbstage.convert.stages import workdir_of
from nbstage.model import CellFacts, CellKind
from nbstage.trace.facts import code_key
from nbstage.trace.run import Failure, Keep, run_notebook
from nbstage.verify import begin
from nbstage.verify.compare import Side, kept_at
from nbstage.verify.copies import changed, state_of
from nbstage.verify.environment import for_notebook
from nbstage.verify.nouns import Draws, Failed
from nbstage.verify.wanted import stage_of_cells
from nbstage.verify.work import Work, make_copy, orders_path, write_orders


@dataclass(frozen=True, slots=True)
class NotebookRun:
    """What a run left behind, by file the numbers of the cells that were seen to write it, and the
    stages that drew numbers without a seed.
    """

    side: Side
    writers: dict[str, tuple[int, ...]]
    draws: tuple[Draws, ...]


def run_in_copy(
    work: Work, copy: Path, started: Callable[[int], None] = lambda number: None
) -> NotebookRun | Failed:
    """Run the notebook, keeping each wanted value as it is after its last change. The orders have
    to be written before.
    """
    values = copy.with_name(f"{copy.name}-values")
    values.mkdir()
    path = work.converted.notebook.path
    before = state_of(copy)
    ran = run_notebook(
        copy,
        work.converted.notebook,
        workdir=workdir_of(work.converted.config, path),
        parameters=work.parameters,
        keep=tuple(_keeps(work, values)),
        environment=for_notebook(os.environ, orders_path(work)),
        started=started,
        before=begin.CODE,
    )
    if ran.failure is not None:
        return _failed(work, ran.failure)
    written = changed(before, state_of(copy))
    seen = dict(_by_cell(work, ran.facts))
    return NotebookRun(Side(copy, written, values), _writers(seen), _draws(work, seen))


def run_again(work: Work) -> NotebookRun | Failed:
    """Run it in one more copy."""
    write_orders(work, work.folder / "states-again")
    return run_in_copy(work, make_copy(work, "notebook-again"))


def _keeps(work: Work, values: Path) -> Iterable[Keep]:
    for number, one in enumerate(work.wanted):
        yield Keep(one.cell, one.names, str(kept_at(values, number)))


def _failed(work: Work, failure: Failure) -> Failed:
    stage = stage_of_cells(work.converted).get(failure.cell, "")
    return Failed("notebook", stage, failure.cell, failure.traceback)


def _by_cell(work: Work, facts: tuple[CellFacts, ...]) -> Iterator[tuple[int, CellFacts]]:
    """What was seen of each of the notebook's cells, by its number."""
    cells = [cell for cell in work.converted.notebook.cells if cell.kind is CellKind.CODE]
    left = iter((cell.number, code_key(cell.source)) for cell in cells)
    for fact in facts:
        yield next((number for number, code in left if code == fact.code), 0), fact


def _writers(seen: dict[int, CellFacts]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, fact in seen.items():
        for path in fact.writes:
            found[path] = (*found.get(path, ()), number)
    return found


def _draws(work: Work, seen: dict[int, CellFacts]) -> tuple[Draws, ...]:
    """The stages that drew from a generator that no cell had seeded by then."""
    stages = stage_of_cells(work.converted)
    seeded: set[str] = set()
    drawn: dict[str, set[str]] = {}
    for number, fact in seen.items():
        seeded.update(fact.seeds)
        free = {*fact.draws} - seeded
        if stages.get(number) and free:
            drawn.setdefault(stages[number], set()).update(free)
    return tuple(Draws(stage, tuple(sorted(sources))) for stage, sources in drawn.items())
