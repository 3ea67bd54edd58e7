"""A converted notebook -> what to keep of its run, to be compared with what the pipeline stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
        cell = _last_cell(converted, plan, artifact.names)
        yield Wanted(plan.name, Kind.VALUE, artifact.names, cell, artifact.path)
    for name in plan.metrics:
        cell = _last_cell(converted, plan, (name,))
        yield Wanted(plan.name, Kind.METRIC, (name,), cell, f"metrics/{plan.name}.json")
    for name in plan.plots:
        cell = _last_cell(converted, plan, (name,))
        yield Wanted(plan.name, Kind.TABLE, (name,), cell, f"plots/{plan.name}")


def _last_cell(converted: Converted, plan: StagePlan, names: Iterable[str]) -> int:
    """The number of the stage's last cell that binds one of the names or changes its value.

    Not the stage's last cell: before that one, a cell of another stage may bind the name anew.
    """
    units = converted.program.units
    writers = {index for name in names for index in converted.program.writers.get(name, ())}
    extra = {index for name in names for index in converted.flow.extra.get(name, ())}
    own = [index for index in writers | extra if units[index].stage == plan.name]
    last = max(own) if own else converted.flow.stages[plan.name].units[-1]
    return converted.cell(last)


def stage_of_cells(converted: Converted) -> dict[int, str]:
    """The stage of each code cell by the cell's number; "" for those that belong to none."""
    return {block.cell.number: block.stage for block in converted.blocks}
