"""Values that share what a stage changes have to travel together."""

from __future__ import annotations

from nbstage.convert.flow.nouns import (
    Flow,
    StageFlow,
)


def entangle(flow: Flow) -> dict[str, set[int]]:
    """Where a stage changes what two of its inputs share, both must come from one stage, in one
    file.

    Gives the names that have to be handed on by a stage they came through, with the unit that ties
    them there.
    """
    more: dict[str, set[int]] = {}
    for stage in flow.stages.values():
        for group in _shared_inputs(flow, stage):
            makers = {name: _maker(stage, name) for name in group}
            last = max(makers.values())
            source = flow.program.units[last].stage
            if not source:
                continue
            for name, maker in makers.items():
                if flow.program.units[maker].stage != source:
                    more.setdefault(name, set()).add(last)
                    flow.program.units[last].effects.groups.add(frozenset(group))
            producer = flow.stages[source]
            if frozenset(group) not in producer.bundles:
                producer.bundles.append(frozenset(group))
    return {
        name: units - flow.extra.get(name, set())
        for name, units in more.items()
        if units - flow.extra.get(name, set())
    }


def _shared_inputs(flow: Flow, stage: StageFlow) -> list[frozenset[str]]:
    found: set[frozenset[str]] = set()
    for index in stage.units:
        for group in flow.program.units[index].effects.groups:
            # What can be imported is the same object everywhere, and never changes.
            origins = {
                name for name, unit in stage.origins.items() if unit not in flow.program.importable
            }
            shared = frozenset(group & {*stage.inputs, *origins})
            if len(shared) > 1 and shared & set(stage.inputs):
                found.add(shared)
    return sorted(found, key=sorted)


def _maker(stage: StageFlow, name: str) -> int:
    return stage.inputs[name].maker if name in stage.inputs else stage.origins[name]
