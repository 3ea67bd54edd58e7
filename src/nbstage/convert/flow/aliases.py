"""Values that share what is changed, now or later, have to travel together."""

from __future__ import annotations

from itertools import combinations

from nbstage.convert.effects.values import Obj, parts_of, reach
from nbstage.convert.flow.nouns import Flow, StageFlow, value_of

Changes = tuple[dict[Obj, int], dict[Obj, int]]


def entangle(flow: Flow) -> dict[str, set[int]]:
    """Where inputs of a stage share what is changed, they must come from one stage, in one file.

    Gives the names that have to be handed on by a stage they came through, with the unit that ties
    them there.
    """
    program = flow.program
    changes = _last_changes(flow, [unit.index for unit in program.units if unit.stage])
    more: dict[str, set[int]] = {}
    rooms = [*((stage, changes) for stage in flow.stages.values())]
    rooms += [(check, _last_changes(flow, check.units)) for check in flow.checks.values()]
    for stage, changed in rooms:
        for group in _shared_inputs(flow, stage, changed):
            makers = {name: _maker(stage, name) for name in group}
            last = max(makers.values())
            source = flow.program.units[last].stage
            if not source:
                continue
            for name, maker in makers.items():
                if flow.program.units[maker].stage != source:
                    more.setdefault(name, set()).add(last)
            producer = flow.stages[source]
            if group not in producer.bundles:
                producer.bundles.append(group)
    new = {name: units - flow.extra.get(name, set()) for name, units in more.items()}
    return {name: units for name, units in new.items() if units}


def _last_changes(flow: Flow, units: list[int]) -> Changes:
    """For each object the last of the units that changes it itself, and the last that changes it
    deeply.
    """
    itself: dict[Obj, int] = {}
    deeply: dict[Obj, int] = {}
    for index in units:
        effects = flow.program.units[index].effects
        itself.update(dict.fromkeys(effects.changed, index))
        deeply.update(dict.fromkeys(effects.changed_deep, index))
    return itself, deeply


def _shared_inputs(flow: Flow, stage: StageFlow, changes: Changes) -> list[frozenset[str]]:
    """Groups of what a stage is given that have to keep what they share."""
    # What can be imported is the same object everywhere, and never changes.
    origins = {name for name, unit in stage.origins.items() if unit not in flow.program.importable}
    given = {*stage.inputs, *origins}
    found = {frozenset(group & given) for index in stage.units for group in _groups(flow, index)}
    found |= _pairs(flow, stage, sorted(given), changes)
    return sorted((g for g in found if len(g) > 1 and g & set(stage.inputs)), key=sorted)


def _groups(flow: Flow, index: int) -> set[frozenset[str]]:
    return flow.program.units[index].effects.groups


def _pairs(flow: Flow, stage: StageFlow, names: list[str], changes: Changes) -> set[frozenset[str]]:
    """Pairs of given values that share an object which the stage or a later one changes."""
    itself, deeply = changes
    first = stage.units[0]
    values = {name: value_of(flow, name, _maker(stage, name)) for name in names}
    objs = {name: value.objs for name, value in values.items() if value is not None}
    parts = {name: parts_of(found) for name, found in objs.items()}
    whole = {name: reach(found) for name, found in objs.items()}
    return {
        frozenset(pair)
        for pair in combinations(sorted(objs), 2)
        if any(itself.get(obj, -1) >= first for obj in parts[pair[0]] & parts[pair[1]])
        or any(deeply.get(obj, -1) >= first for obj in whole[pair[0]] & whole[pair[1]])
    }


def _maker(stage: StageFlow, name: str) -> int:
    return stage.inputs[name].maker if name in stage.inputs else stage.origins[name]
