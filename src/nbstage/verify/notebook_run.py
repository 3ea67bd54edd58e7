"""The notebook, run from top to bottom in a copy of the project. An edge."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbstage.convert.stages import workdir_of
from nbstage.model import CellFacts, CellKind
from nbstage.trace.run import Failure, Keep, run_notebook
from nbstage.verify.compare import Side, kept_at
from nbstage.verify.copies import changed, state_of
from nbstage.verify.environment import for_notebook
from nbstage.verify.nouns import Failed
from nbstage.verify.wanted import stage_of_cells
from nbstage.verify.work import Work, make_copy


@dataclass(frozen=True, slots=True)
class NotebookRun:
    """What a run left behind, and by file the numbers of the cells that were seen to write it."""

    side: Side
    writers: dict[str, tuple[int, ...]]


def run_in_copy(
    work: Work, copy: Path, started: Callable[[int], None] = lambda number: None
) -> NotebookRun | Failed:
    """Run the notebook, keeping each wanted value as it is after its last change."""
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
        environment=for_notebook(os.environ),
        started=started,
    )
    if ran.failure is not None:
        return _failed(work, ran.failure)
    written = changed(before, state_of(copy))
    return NotebookRun(Side(copy, written, values), _writers(work, ran.facts))


def run_again(work: Work) -> NotebookRun | Failed:
    """Run it in one more copy."""
    return run_in_copy(work, make_copy(work, "notebook-again"))


def _keeps(work: Work, values: Path) -> Iterable[Keep]:
    for number, one in enumerate(work.wanted):
        yield Keep(one.cell, one.names, str(kept_at(values, number)))


def _failed(work: Work, failure: Failure) -> Failed:
    stage = stage_of_cells(work.converted).get(failure.cell, "")
    return Failed("notebook", stage, failure.cell, failure.traceback)


def _writers(work: Work, facts: tuple[CellFacts, ...]) -> dict[str, tuple[int, ...]]:
    cells = [cell for cell in work.converted.notebook.cells if cell.kind is CellKind.CODE]
    found: dict[str, tuple[int, ...]] = {}
    for cell, fact in zip(cells, facts, strict=False):
        for path in fact.writes:
            found[path] = (*found.get(path, ()), cell.number)
    return found
