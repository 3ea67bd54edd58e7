"""A converted notebook -> what to keep of its run, to be compared with what the pipeline stores."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.convert.rules import Converted
from nbstage.convert.stages import StagePlan
from nbstage.verify.nouns import Kind, Wanted


def wanted(converted: Converted) -> tuple[Wanted, ...]:
    """All that the stages hand on or show, in the notebook's order.

    Values that travel in one file stay together; each metric and plot table is on its own.
    """
    return tuple(found for plan in converted.plans for found in _of_stage(converted, plan))


def _of_stage(converted: Converted, plan: StagePlan) -> Iterator[Wanted]:
    for artifact in plan.outputs:
        cell = converted.last_cell(plan.name, artifact.names)
        yield Wanted(plan.name, Kind.VALUE, artifact.names, cell, artifact.path)
    for name in plan.metrics:
        cell = converted.last_cell(plan.name, (name,))
        yield Wanted(plan.name, Kind.METRIC, (name,), cell, f"metrics/{plan.name}.json")
    for name in plan.plots:
        cell = converted.last_cell(plan.name, (name,))
        folder = f"plots/{plan.name}{'/tables' if name in plan.shown.possible else ''}"
        yield Wanted(plan.name, Kind.TABLE, (name,), cell, folder)


def stage_of_cells(converted: Converted) -> dict[int, str]:
    """The stage of each code cell by the cell's number; "" for those that belong to none."""
    return {block.cell.number: block.stage for block in converted.blocks}
