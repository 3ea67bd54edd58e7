"""Where a stage begins in the notebook, and which generators no seed governs there."""

from __future__ import annotations

from nbstage.convert.artifacts import RANDOM_SOURCES
from nbstage.convert.rules import Converted


def first_cells(converted: Converted) -> dict[int, str]:
    """The stage that begins in a cell, by the cell's number."""
    firsts: dict[str, int] = {}
    for block in converted.blocks:
        if block.stage:
            firsts.setdefault(block.stage, block.cell.number)
    return {number: stage for stage, number in firsts.items()}


def unseeded(converted: Converted) -> dict[str, tuple[str, ...]]:
    """For each stage the global generators that nothing has seeded before its first cell.

    A generator that was seeded is left out: what the pipeline makes of that is to be seen.
    """
    units = converted.program.units
    return {
        stage.name: tuple(
            source
            for hidden, source in RANDOM_SOURCES.items()
            if not any(hidden in unit.effects.binds for unit in units[: stage.units[0]])
        )
        for stage in converted.flow.stages.values()
    }
