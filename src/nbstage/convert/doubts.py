"""Where a traced run of the notebook would tell more than its code does."""

from __future__ import annotations

from nbstage.convert.artifacts import seen_format
from nbstage.convert.effects.machine import Oddity
from nbstage.convert.flow import Flow, value_of


def cells_in_doubt(flow: Flow) -> tuple[int, ...]:
    """The numbers of the cells without facts that leave something open which stages depend on.

    That is the type of a value that crosses, whether a call of which nothing is known changes one,
    and the path of a file.
    """
    program = flow.program
    crossing = {name for _, _, name in flow.crossings} | {found.name for found in flow.findings}
    found = _makers_of_unknown_types(flow)
    for unit in program.units:
        marks = {mark.kind for mark in unit.effects.marks}
        if unit.effects.doubtful & crossing or (unit.stage and Oddity.NO_PATH in marks):
            found.add(unit.index)
    cells = {program.units[index].block.cell.number for index in found}
    return tuple(sorted(cells - set(program.facts)))


def _makers_of_unknown_types(flow: Flow) -> set[int]:
    """The units that make the values that cross whose type the code does not tell."""
    found = set()
    for crossing in flow.crossings.values():
        value = value_of(flow, crossing.name, crossing.maker)
        unknown = value is None or not (value.type or value.path)
        hidden = crossing.name.startswith("<")
        if unknown and not hidden and seen_format(flow, crossing.source, crossing.name) is None:
            found.add(crossing.maker)
    return found
