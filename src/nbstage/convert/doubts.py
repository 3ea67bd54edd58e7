"""Where a traced run of the notebook would tell more than its code does."""

from __future__ import annotations

from nbstage.convert.artifacts import seen_format
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.flow import Flow, Trouble, value_of
from nbstage.model import Config

_FATAL = frozenset({Trouble.NEVER_MADE, Trouble.MADE_LATER, Trouble.DELETED})


def cells_in_doubt(flow: Flow, config: Config) -> tuple[int, ...]:
    """The numbers of the cells without facts that leave something open which stages depend on.

    That is the type of a value that crosses, whether a call of which nothing is known changes one,
    and the path of a file. None where the notebook would fail as it runs.
    """
    if any(found.trouble in _FATAL for found in flow.findings):
        return ()
    program = flow.program
    crossing = {name for _, _, name in flow.crossings} | {found.name for found in flow.findings}
    found = _makers_of_unknown_types(flow, config)
    for unit in program.units:
        marks = {mark.kind for mark in unit.effects.marks}
        if unit.effects.doubtful & crossing or (unit.stage and Oddity.NO_PATH in marks):
            found.add(unit.index)
    cells = {program.units[index].block.cell.number for index in found}
    return tuple(sorted(cells - set(program.facts)))


def _makers_of_unknown_types(flow: Flow, config: Config) -> set[int]:
    """The units that make what crosses in a format that neither code nor settings tell."""
    found = set()
    for crossing in flow.crossings.values():
        value = value_of(flow, crossing.name, crossing.maker)
        known = value is not None and (value.type or value.path)
        declared = {crossing.name, f"{crossing.source}.{crossing.name}"} & set(config.formats)
        hidden = crossing.name.startswith("<")
        seen = seen_format(flow, crossing.source, crossing.name)
        if not (known or declared or hidden) and seen is None:
            found.add(crossing.maker)
    return found
