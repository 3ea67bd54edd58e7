"""A notebook and its pipeline, each run from scratch in a copy of the project, and compared.

An edge: files and processes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from nbstage.convert.rules import Converted
from nbstage.model import CellKind
from nbstage.verify import begin
from nbstage.verify.compare import Side
from nbstage.verify.copies import changed, state_of
from nbstage.verify.environment import for_pipeline
from nbstage.verify.judge import judge
from nbstage.verify.notebook_run import NotebookRun, run_in_copy
from nbstage.verify.nouns import Failed, Tolerance, Verified
from nbstage.verify.pipeline_run import (
    Pipeline,
    prepare_dvc,
    running_stage,
    start_pipeline,
    stop,
    wait_for,
)
from nbstage.verify.wanted import stage_of_cells, wanted
from nbstage.verify.work import Say, Work, folder_for, make_copy, orders_path, write_orders

_LOOK = 0.1  # seconds between two looks at a pipeline that runs


def verify_notebook(
    root: Path,
    converted: Converted,
    parameters: Mapping[str, object],
    *,
    tolerance: Tolerance,
    keep: Path | None,
    say: Say,
) -> Verified:
    """Run the notebook and its pipeline and compare all that both make.

    With `keep` both copies of the project stay in that folder. Raises UserError where they can't
    be made.
    """
    with folder_for(keep) as folder:
        work = Work(root, converted, parameters, wanted(converted), tolerance, folder, say)
        ran = _run_both(work)
        if isinstance(ran, Failed):
            return Verified(converted.notebook.path, failure=ran)
        return judge(work, *ran)


def _run_both(work: Work) -> tuple[NotebookRun, Side] | Failed:
    """At the same time if there are two cores for it. The notebook is never behind the pipeline:
    some stages wait for it.
    """
    work.say("copying the project")
    notebook, copy = make_copy(work, "notebook"), make_copy(work, "pipeline")
    prepare_dvc(copy, work.folder / "dvc", frozenset(plan.name for plan in work.converted.plans))
    states = work.folder / "states"
    write_orders(work, states)
    before = state_of(copy)
    watch = _Watch(work, copy)
    try:
        if _cores() > 1:
            watch.start()
        ran = run_in_copy(work, notebook, watch.cell_started)
        if isinstance(ran, Failed):
            return ran
        (states / begin.ENDED).touch()
        failed = watch.until_done()
    finally:
        watch.stop()
    return failed or (ran, Side(copy, changed(before, state_of(copy))))


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


class _Watch:
    """The pipeline's run, and what is told of the steps of both runs as they begin."""

    def __init__(self, work: Work, copy: Path) -> None:
        self.work, self.copy = work, copy
        self.pipeline: Pipeline | None = None
        self.stages = stage_of_cells(work.converted)
        self.cells = sum(cell.kind is CellKind.CODE for cell in work.converted.notebook.cells)
        self.count, self.stage = 0, ""

    def start(self) -> Pipeline:
        environment = for_pipeline(os.environ, orders_path(self.work))
        self.pipeline = start_pipeline(self.copy, self.work.folder / "pipeline.txt", environment)
        return self.pipeline

    def cell_started(self, number: int) -> None:
        self.count += 1
        stage = self.stages.get(number)
        within = f" ({stage})" if stage else ""
        self.work.say(f"notebook: cell {self.count} of {self.cells}{within}")
        if self.pipeline is not None:
            self._look(self.pipeline)

    def until_done(self) -> Failed | None:
        pipeline = self.pipeline or self.start()
        while pipeline.process.poll() is None:
            self._look(pipeline)
            time.sleep(_LOOK)
        return wait_for(pipeline)

    def stop(self) -> None:
        if self.pipeline is not None:
            stop(self.pipeline)

    def _look(self, pipeline: Pipeline) -> None:
        stage = running_stage(pipeline)
        if stage != self.stage:
            self.stage = stage
            self.work.say(f"pipeline: {stage}")
