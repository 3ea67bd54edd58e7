"""Rules on cells and tags as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from nbstage.convert.rules.notebook import Converted
from nbstage.model import CellKind, Level, Place, Problem, Role


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS113 to NBS116 and NBS301, NBS302."""
    yield from _no_stage(converted)
    yield from _unknown_after(converted)
    yield from _executor(converted)
    yield from _out_of_order(converted)


def _no_stage(converted: Converted) -> Iterator[Problem]:
    here = Place(converted.notebook.path)
    if any(block.role is Role.STAGE for block in converted.blocks):
        return
    if converted.known_stages:
        stages = ", ".join(f"'{name}'" for name in converted.known_stages)
        yield Problem(
            "NBS302",
            f"the notebook has no stage tags any more; it was converted to {stages} before",
            here,
            "some tools drop cell tags when they save: restore them from git, or write them as `#| stage: NAME` lines.",
            Level.NOTE,
        )
    yield Problem(
        "NBS113",
        "no cell of the notebook belongs to a stage",
        here,
        "tag cells `stage:load`, `stage:train`..., or begin them with a line `#| stage: load`.",
    )


def _unknown_after(converted: Converted) -> Iterator[Problem]:
    stages = set(converted.flow.stages)
    for block in converted.blocks:
        for name in block.label.after:
            if name not in stages:
                known = ", ".join(f"'{stage}'" for stage in converted.flow.stages) or "none"
                yield Problem(
                    "NBS114",
                    f"'after:{name}' names a stage that the notebook does not have",
                    Place(block.path, block.cell.number),
                    f"the stages are: {known}.",
                )


def _executor(converted: Converted) -> Iterator[Problem]:
    for block in converted.blocks:
        if block.label.executor is not None and not block.stage:
            yield Problem(
                "NBS115",
                f"'executor:{block.label.executor}' stands on a cell that belongs to no stage",
                Place(block.path, block.cell.number),
                "put it on one of the cells of the stage that is to run as a notebook.",
            )


def _out_of_order(converted: Converted) -> Iterator[Problem]:
    code = [cell for cell in converted.notebook.cells if cell.kind is CellKind.CODE]
    counts = [(cell.execution_count, cell) for cell in code if cell.execution_count is not None]
    for (before, _), (after, cell) in pairwise(counts):
        if after <= before:
            yield Problem(
                "NBS301",
                f"the notebook was saved with cells run out of order: cell {cell.number} ran before one above it",
                Place(converted.notebook.path, cell.number),
                "the pipeline does what a run top to bottom does: restart the kernel, run all cells and save.",
                Level.NOTE,
            )
            return
