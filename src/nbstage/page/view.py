"""A notebook's pipeline, its trace and the files on disk -> what the page tells."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbstage.convert.blocks import Block
from nbstage.model import CellFacts, Pipeline, PlannedStage, Problem, Shown
from nbstage.page.files import glimpse, members
from nbstage.page.nouns import Glimpse, StageView, View
from nbstage.report.flow import data_files, written_files

#: How much of all pictures together goes into the page.
_MOST_PICTURES = 8_000_000


def see(
    root: Path,
    notebook: str,
    shown: Shown,
    blocks: tuple[Block, ...],
    facts: dict[int, CellFacts],
    held: dict[str, object],
) -> View:
    """What there is to tell of a notebook. Reads the files that its stages take and make."""
    pipeline = shown.pipeline
    plots = [plot.path for stage in pipeline.stages for plot in stage.plots]
    kept = [*plots, *(path for stage in pipeline.stages for path in stage.outs)]
    folders = {path: members(root, path) for path in kept}
    paths = [path for stage in pipeline.stages for path in _named(pipeline, stage)]
    paths += [path for inside in folders.values() for path in inside]
    return View(
        notebook,
        pipeline,
        tuple(_stage(stage, blocks, facts, shown.problems) for stage in pipeline.stages),
        shown.problems,
        held,
        _within_limits(glimpse(root, path) for path in dict.fromkeys(paths)),
        folders,
    )


def _named(pipeline: Pipeline, stage: PlannedStage) -> tuple[str, ...]:
    """The files that a stage takes and makes."""
    artifacts = (artifact.path for artifact in (*stage.inputs, *stage.outputs))
    return (*artifacts, *data_files(pipeline, stage), *written_files(stage))


def _stage(
    stage: PlannedStage,
    blocks: tuple[Block, ...],
    facts: dict[int, CellFacts],
    problems: tuple[Problem, ...],
) -> StageView:
    cells = tuple(block.cell for block in blocks if block.stage == stage.name)
    numbers = {cell.number for cell in cells}
    known = traced(stage.name, blocks, facts)
    return StageView(
        stage,
        cells,
        sum(one.seconds for one in known) if known else None,
        max(one.peak_mb for one in known) if known else None,
        tuple(problem for problem in problems if problem.place.cell in numbers),
    )


def traced(
    stage: str, blocks: tuple[Block, ...], facts: dict[int, CellFacts]
) -> tuple[CellFacts, ...]:
    """What a trace says of a stage's cells; nothing if it does not hold for all of them."""
    numbers = sorted({block.cell.number for block in blocks if block.stage == stage})
    known = tuple(facts[number] for number in numbers if number in facts)
    return known if len(known) == len(numbers) else ()


def _within_limits(glimpses: Iterable[Glimpse]) -> dict[str, Glimpse]:
    found: dict[str, Glimpse] = {}
    room = _MOST_PICTURES
    for one in glimpses:
        room -= len(one.image)
        small = Glimpse(one.path, one.size, "one picture too many for this page")
        found[one.path] = small if one.image and room < 0 else one
    return found
