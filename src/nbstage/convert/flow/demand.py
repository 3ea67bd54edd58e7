"""A stage demands what its statements read; the unit that made the version meets the demand."""

from __future__ import annotations

from collections import deque

from nbstage.convert.effects.nouns import Site
from nbstage.convert.flow.nouns import (
    Crossing,
    Finding,
    Flow,
    Trouble,
    own_writers,
    writer_before,
)
from nbstage.convert.units import Unit, late_names
from nbstage.model import Role

#: Stage, name, the unit before which its version counts, the place of the use, whether it may be
#: missing, and the unit that uses it in the end: a function reads its globals then.
Demand = tuple[str, str, int, Site | None, bool, int]


def demand_unit(flow: Flow, unit: Unit, stage: str) -> None:
    for name, site in unit.effects.reads.items():
        _demand(flow, stage, name, unit.index, site)
    for name, site in unit.effects.soft.items():
        _demand(flow, stage, name, unit.index, site, soft=True)


def _demand(
    flow: Flow, stage: str, name: str, at: int, site: Site | None, *, soft: bool = False
) -> None:
    """Let a stage have the version of a name that holds just before unit `at`."""
    todo: deque[Demand] = deque([(stage, name, at, site, soft, at)])
    while todo:
        demand = todo.popleft()
        key = (demand[0], demand[1], demand[2], demand[5])
        if key not in flow.seen:
            flow.seen.add(key)
            todo.extend(_supply(flow, demand))


def _supply(flow: Flow, demand: Demand) -> list[Demand]:
    stage, name, at, site, soft, use = demand
    program = flow.program
    index = writer_before(flow, name, at)
    if index is None:
        if not soft and not name.startswith("<"):
            later = any(writer >= at for writer in program.writers.get(name, ()))
            flow.findings.append(
                Finding(Trouble.MADE_LATER if later else Trouble.NEVER_MADE, name, at, site)
            )
        return []
    unit = program.units[index]
    if program.parameters.get(name) == index:
        return _supply_parameter(flow, stage, name, at, site)
    if name in unit.effects.deletes and unit.effects.binds.get(name):
        if not soft:
            flow.findings.append(Finding(Trouble.DELETED, name, at, site, index))
        return []
    made_here = name in unit.effects.binds or name in unit.effects.changes
    repeatable = made_here and index in program.repeatable
    if repeatable and (unit.home != stage or index in program.importable):
        return _supply_definition(flow, stage, unit, use)
    if not unit.stage and unit.home != stage:
        flow.findings.append(Finding(_aside(unit, name), name, at, site, index))
        return []
    if unit.home != stage:
        _cross(flow, Crossing(name, unit.stage, stage, index, at), site)
    late = _late_demands(stage, unit, use) if index in program.repeatable else []
    return late + _older(flow, unit, name)


def _aside(unit: Unit, name: str) -> Trouble:
    if unit.role in (Role.SKIP, Role.CHECK):
        return Trouble.SKIP_CHANGES if name not in unit.effects.binds else Trouble.SKIPPED
    return Trouble.BEFORE_STAGES


def _supply_parameter(
    flow: Flow, stage: str, name: str, at: int, site: Site | None
) -> list[Demand]:
    flow.room(stage).parameters.add(name)
    flow.room(stage).origins[name] = flow.program.parameters[name]
    own = [
        index
        for index in flow.program.writers[name]
        if index < at and flow.program.units[index].home == stage
    ]
    if own:
        flow.findings.append(Finding(Trouble.COMES_BACK, name, at, site, own[-1], (stage, stage)))
    return []


def _supply_definition(flow: Flow, stage: str, unit: Unit, use: int) -> list[Demand]:
    """Repeat a definition in the stage, with all it needs: now what it reads when made, at its use
    what it reads then.
    """
    room = flow.room(stage)
    room.origins.update(dict.fromkeys(unit.effects.binds, unit.index))
    if unit.home != stage:
        room.repeats.add(unit.index)
    else:
        room.own.add(unit.index)
    if unit.index in flow.program.importable:
        return []
    effects, index = unit.effects, unit.index
    perhaps = [name for name, surely in effects.binds.items() if not surely]
    needs: list[Demand] = [
        *((stage, name, index, site, False, use) for name, site in effects.reads.items()),
        *((stage, name, index, site, True, use) for name, site in effects.soft.items()),
        *((stage, name, index, site, False, use) for name, site in effects.changes.items()),
        *((stage, name, index, None, True, use) for name in perhaps),
    ]
    return needs + _late_demands(stage, unit, use)


def _late_demands(stage: str, unit: Unit, use: int) -> list[Demand]:
    return [(stage, name, use, None, True, use) for name in sorted(late_names(unit))]


def _older(flow: Flow, unit: Unit, name: str) -> list[Demand]:
    """A version made by changing an older one, or perhaps not made at all, needs the older one."""
    if unit.effects.binds.get(name):
        return []
    changed = name in unit.effects.changes or unit.index in flow.extra.get(name, ())
    return (
        [(unit.home, name, unit.index, None, True, unit.index)]
        if changed or name in unit.effects.binds
        else []
    )


def _cross(flow: Flow, crossing: Crossing, site: Site | None) -> None:
    target, source = flow.room(crossing.target), flow.stages[crossing.source]
    before = target.inputs.get(crossing.name)
    if before is not None and before.maker != crossing.maker:
        stages = (crossing.target, crossing.source)
        flow.findings.append(
            Finding(Trouble.COMES_BACK, crossing.name, crossing.user, site, crossing.maker, stages)
        )
        return
    own = own_writers(flow, crossing.target, crossing.name)
    if any(index < crossing.user for index in own):
        stages = (crossing.target, crossing.source)
        flow.findings.append(
            Finding(Trouble.COMES_BACK, crossing.name, crossing.user, site, crossing.maker, stages)
        )
        return
    target.inputs[crossing.name] = crossing
    source.outputs[crossing.name] = crossing.maker
    flow.crossings[crossing.source, crossing.target, crossing.name] = crossing
