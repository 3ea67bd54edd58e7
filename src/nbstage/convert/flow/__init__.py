"""Units -> what each stage needs, from whom, and what it hands on.

Every binding or change makes a new version of a name. A stage needs the version that was last made
before its use; a version made by changing (or perhaps binding) an older one needs that one in turn.
"""

from __future__ import annotations

from nbstage.convert.flow.aliases import entangle
from nbstage.convert.flow.checks import draw_check
from nbstage.convert.flow.demand import demand_unit
from nbstage.convert.flow.nouns import (
    Crossing,
    Finding,
    Flow,
    StageFlow,
    Trouble,
    own_writers,
    value_of,
    writer_before,
)
from nbstage.convert.flow.settings import makes_anew, repeat_settings
from nbstage.convert.units import Program

__all__ = [
    "Crossing",
    "Finding",
    "Flow",
    "StageFlow",
    "Trouble",
    "makes_anew",
    "may_be_unset",
    "trace_flow",
    "value_of",
]

_ROUNDS = 50  # how often crossings may be re-drawn until aliases travel together


def trace_flow(program: Program) -> Flow:
    """The data flow between the stages of a notebook, and to the check cells that can be tests."""
    untested: dict[str, Finding] = {}
    while True:
        flow = _trace(program, untested)
        more = flow.untested.keys() - untested.keys()
        if not more:
            return flow
        # What such a check asked for is not to be handed on: draw it all without.
        untested = flow.untested


def _trace(program: Program, untested: dict[str, Finding]) -> Flow:
    extra: dict[str, set[int]] = {}
    flow = _draw(program, extra, untested)
    for _ in range(_ROUNDS):
        more = entangle(flow)
        if not more:
            break
        for name, units in more.items():
            extra.setdefault(name, set()).update(units)
        flow = _draw(program, extra, untested)
    _check_versions(flow)
    return flow


def _draw(program: Program, extra: dict[str, set[int]], untested: dict[str, Finding]) -> Flow:
    stages, checks = _rooms(program)
    flow = Flow(program, stages, extra=extra, untested=dict(untested))
    for unit in program.units:
        if unit.stage:
            demand_unit(flow, unit, unit.stage)
    for stage in stages.values():
        repeat_settings(flow, stage)
    for name, check in checks.items():
        if name not in untested:
            draw_check(flow, check)
    return flow


def _rooms(program: Program) -> tuple[dict[str, StageFlow], dict[str, StageFlow]]:
    """The stages and the checks, each with its units."""
    stages: dict[str, StageFlow] = {}
    checks: dict[str, StageFlow] = {}
    for unit in program.units:
        if unit.stage:
            stages.setdefault(unit.stage, StageFlow(unit.stage)).units.append(unit.index)
        elif unit.home:
            checks.setdefault(unit.home, StageFlow(unit.home)).units.append(unit.index)
    return stages, checks


def _check_versions(flow: Flow) -> None:
    """A stage hands on the last version it makes; one that was needed earlier is gone by then."""
    for crossing in list(flow.crossings.values()):
        later = [
            index
            for index in own_writers(flow, crossing.source, crossing.name)
            if index > crossing.maker
        ]
        if later:
            stages = (crossing.source, crossing.target)
            found = Finding(
                Trouble.CHANGED_AFTER, crossing.name, later[0], None, crossing.user, stages
            )
            _tell(flow, crossing.target, found)
    for stage in (*flow.stages.values(), *flow.checks.values()):
        _check_repeats(flow, stage)
    for stage in flow.stages.values():
        stage.unset = {
            name for name, maker in stage.outputs.items() if may_be_unset(flow, name, maker)
        }


def _check_repeats(flow: Flow, stage: StageFlow) -> None:
    """What is repeated in a stage must not overwrite what the stage is handed."""
    for index in sorted(stage.repeats - flow.program.importable):
        for name in flow.program.units[index].effects.binds:
            if name in stage.inputs:
                crossing = stage.inputs[name]
                stages = (stage.name, crossing.source)
                found = Finding(
                    Trouble.COMES_BACK, name, crossing.user, None, crossing.maker, stages
                )
                _tell(flow, stage.name, found)


def _tell(flow: Flow, room: str, found: Finding) -> None:
    """A trouble of a stage is an error; a check that has one becomes no test."""
    if room in flow.checks:
        flow.untested.setdefault(room, found)
    else:
        flow.findings.append(found)


def may_be_unset(flow: Flow, name: str, maker: int) -> bool:
    """Whether a name may have no value after the unit that made this version of it."""
    index: int | None = maker
    while index is not None:
        unit = flow.program.units[index]
        if name in unit.effects.unbinds:
            return True
        if unit.effects.binds.get(name) or index in flow.program.parameters.values():
            return False
        if (
            name not in unit.effects.binds
            and name not in unit.effects.changes
            and index not in flow.extra.get(name, ())
        ):
            return False
        index = writer_before(flow, name, index)
    return True
