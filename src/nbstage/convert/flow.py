"""Units -> what each stage needs, from whom, and what it hands on.

Every binding or change makes a new version of a name. A stage needs the version that was last made before its use;
a version made by changing (or perhaps binding) an older one needs that one in turn.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from nbstage.convert.effects.machine import Site
from nbstage.convert.effects.values import Value
from nbstage.convert.units import Program, Unit, late_names
from nbstage.model import Role


class Trouble(Enum):
    """Why a name can't get to where it is used."""

    NEVER_MADE = "never made"
    MADE_LATER = "made later"
    DELETED = "deleted"
    SKIPPED = "skipped"
    SKIP_CHANGES = "skip changes"
    BEFORE_STAGES = "before stages"
    CHANGED_AFTER = "changed after"
    COMES_BACK = "comes back"
    CYCLE = "cycle"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble with a name (or stages), the unit and place where it is used, and the unit it is made by."""

    trouble: Trouble
    name: str
    unit: int
    site: Site | None = None
    maker: int | None = None
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A version of a name that one stage makes and another needs. `maker` is the unit whose version it is."""

    name: str
    source: str
    target: str
    maker: int
    user: int


@dataclass(slots=True)
class StageFlow:
    """What one stage consists of and needs.

    `repeats` are units of elsewhere to be repeated in it, `own` its own definitions that can be imported,
    `origins` the units that parameters and repeated definitions come from, by name.
    """

    name: str
    units: list[int] = field(default_factory=list)
    parameters: set[str] = field(default_factory=set)
    repeats: set[int] = field(default_factory=set)
    own: set[int] = field(default_factory=set)
    inputs: dict[str, Crossing] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
    unset: set[str] = field(default_factory=set)
    origins: dict[str, int] = field(default_factory=dict)
    bundles: list[frozenset[str]] = field(default_factory=list)


@dataclass(slots=True)
class Flow:
    """All stages in notebook order, their crossings, and what can't be kept."""

    program: Program
    stages: dict[str, StageFlow]
    crossings: dict[tuple[str, str, str], Crossing] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    extra: dict[str, set[int]] = field(default_factory=dict)
    seen: set[tuple[str, str, int]] = field(default_factory=set)


_ROUNDS = 50  # how often crossings may be re-drawn until aliases travel together


def trace_flow(program: Program) -> Flow:
    """The data flow between the stages of a notebook."""
    extra: dict[str, set[int]] = {}
    flow = _draw(program, extra)
    for _ in range(_ROUNDS):
        more = _entangle(flow)
        if not more:
            break
        for name, units in more.items():
            extra.setdefault(name, set()).update(units)
        flow = _draw(program, extra)
    _check_versions(flow)
    return flow


def _draw(program: Program, extra: dict[str, set[int]]) -> Flow:
    stages: dict[str, StageFlow] = {}
    for unit in program.units:
        if unit.stage:
            stages.setdefault(unit.stage, StageFlow(unit.stage)).units.append(unit.index)
    flow = Flow(program, stages, extra=extra)
    for unit in program.units:
        if unit.stage:
            _demand_unit(flow, unit, unit.stage)
    for stage in stages.values():
        _repeat_settings(flow, stage)
    return flow


def _repeat_settings(flow: Flow, stage: StageFlow) -> None:
    """A library's setting holds for all that comes after it: repeat it in each later stage that uses the library."""
    for unit in flow.program.units[: stage.units[-1]]:
        if not unit.effects.settings or unit.stage == stage.name or unit.role in (Role.SKIP, Role.CHECK):
            continue
        if not touches(flow, stage, unit.effects.settings):
            continue
        stage.repeats.add(unit.index)
        if not _only_sets(flow, stage, unit):
            flow.findings.append(Finding(Trouble.SETTING, ", ".join(sorted(unit.effects.settings)), unit.index, unit.node))
        _demand_unit(flow, unit, stage.name)


def _only_sets(flow: Flow, stage: StageFlow, unit: Unit) -> bool:
    effects = unit.effects
    if effects.changes or effects.files or effects.unknown or effects.marks:
        return False
    if any(_own_writers(flow, stage.name, name) or name in stage.inputs for name in effects.binds):
        return False
    writers = [flow.program.writers.get(name, ()) for name in effects.reads]
    return all(len(rows) <= 1 or set(rows) <= flow.program.repeatable for rows in writers)


def touches(flow: Flow, stage: StageFlow, libraries: set[str]) -> bool:
    """Whether a stage uses one of the libraries: by an import, by a value of it, or by one of unknown type."""
    units = [flow.program.units[index] for index in (*stage.units, *stage.repeats, *stage.own)]
    if "*" in libraries:
        return True
    if "files" in libraries:
        return any(unit.effects.unknown or unit.effects.acts or unit.effects.files for unit in units)
    used = {path.split(".")[0] for unit in units for path in unit.effects.paths}
    types = {_type_of(flow, crossing).split(".")[0] for crossing in stage.inputs.values()}
    wanted = libraries | {other for library in libraries for other in _RELATED.get(library, ())}
    return bool(wanted & (used | types)) or bool(types & {"", "data", "list", "dict", "set", "instance", "tuple"})


#: Libraries that work through another one, so that its settings hold for them too.
_RELATED = {
    "matplotlib": ("seaborn", "pandas", "sklearn", "shap"),
    "sklearn": ("imblearn", "xgboost", "lightgbm", "catboost"),
    "pandas": ("seaborn",),
    "numpy": ("pandas", "sklearn", "scipy", "matplotlib", "seaborn"),
}


def _type_of(flow: Flow, crossing: Crossing) -> str:
    value = value_of(flow, crossing.name, crossing.maker)
    return value.type if value is not None else ""


def value_of(flow: Flow, name: str, maker: int) -> Value | None:
    """What is known of the value a name has after the unit that made this version of it."""
    index: int | None = maker
    while index is not None:
        unit = flow.program.units[index]
        if name in unit.values:
            return unit.values[name]
        index = _writer_before(flow, name, index)
    return None


def _demand_unit(flow: Flow, unit: Unit, stage: str) -> None:
    for name, site in unit.effects.reads.items():
        _demand(flow, stage, name, unit.index, site)
    for name, site in unit.effects.soft.items():
        _demand(flow, stage, name, unit.index, site, soft=True)


def _demand(flow: Flow, stage: str, name: str, at: int, site: Site | None, *, soft: bool = False) -> None:
    """Let a stage have the version of a name that holds just before unit `at`."""
    todo = deque([(stage, name, at, site, soft)])
    while todo:
        stage, name, at, site, soft = todo.popleft()
        if (stage, name, at) in flow.seen:
            continue
        flow.seen.add((stage, name, at))
        todo.extend(_supply(flow, stage, name, at, site, soft=soft))


Demand = tuple[str, str, int, Site | None, bool]


def _supply(flow: Flow, stage: str, name: str, at: int, site: Site | None, *, soft: bool) -> list[Demand]:
    program = flow.program
    index = _writer_before(flow, name, at)
    if index is None:
        if not soft and not name.startswith("<"):
            later = any(writer >= at for writer in program.writers.get(name, ()))
            flow.findings.append(Finding(Trouble.MADE_LATER if later else Trouble.NEVER_MADE, name, at, site))
        return []
    unit = program.units[index]
    if program.parameters.get(name) == index:
        return _supply_parameter(flow, stage, name, at, site)
    if name in unit.effects.deletes and unit.effects.binds.get(name):
        if not soft:
            flow.findings.append(Finding(Trouble.DELETED, name, at, site, index))
        return []
    if index in program.repeatable and (unit.stage != stage or index in program.importable):
        return _supply_definition(flow, stage, unit, at)
    if not unit.stage:
        flow.findings.append(Finding(_aside(unit, name), name, at, site, index))
        return []
    if unit.stage != stage:
        _cross(flow, Crossing(name, unit.stage, stage, index, at), site)
    late = _late_demands(flow, stage, unit, at) if index in program.repeatable else []
    return late + _older(flow, unit, name)


def _writer_before(flow: Flow, name: str, at: int) -> int | None:
    found = flow.program.writer_before(name, at)
    extra = max((index for index in flow.extra.get(name, ()) if index < at), default=None)
    if found is None or extra is None:
        return found if extra is None else extra
    return max(found, extra)


def _aside(unit: Unit, name: str) -> Trouble:
    if unit.role in (Role.SKIP, Role.CHECK):
        return Trouble.SKIP_CHANGES if name not in unit.effects.binds else Trouble.SKIPPED
    return Trouble.BEFORE_STAGES


def _supply_parameter(flow: Flow, stage: str, name: str, at: int, site: Site | None) -> list[Demand]:
    flow.stages[stage].parameters.add(name)
    flow.stages[stage].origins[name] = flow.program.parameters[name]
    own = [index for index in flow.program.writers[name] if index < at and flow.program.units[index].stage == stage]
    if own:
        flow.findings.append(Finding(Trouble.COMES_BACK, name, at, site, own[-1], (stage, stage)))
    return []


def _supply_definition(flow: Flow, stage: str, unit: Unit, at: int) -> list[Demand]:
    """Repeat a definition in the stage, with all it needs: now what it reads when made, at its use what it reads then."""
    flow.stages[stage].origins.update(dict.fromkeys(unit.effects.binds, unit.index))
    if unit.stage != stage:
        flow.stages[stage].repeats.add(unit.index)
    else:
        flow.stages[stage].own.add(unit.index)
    if unit.index in flow.program.importable:
        return []
    needs: list[Demand] = [(stage, name, unit.index, site, False) for name, site in unit.effects.reads.items()]
    needs += [(stage, name, unit.index, site, True) for name, site in unit.effects.soft.items()]
    needs += [(stage, name, unit.index, site, False) for name, site in unit.effects.changes.items()]
    return needs + _late_demands(flow, stage, unit, at)


def _late_demands(flow: Flow, stage: str, unit: Unit, at: int) -> list[Demand]:
    return [(stage, name, at, None, True) for name in sorted(late_names(unit))]


def _older(flow: Flow, unit: Unit, name: str) -> list[Demand]:
    """A version made by changing an older one, or perhaps not made at all, needs the older one."""
    if unit.effects.binds.get(name):
        return []
    changed = name in unit.effects.changes or unit.index in flow.extra.get(name, ())
    return [(unit.stage, name, unit.index, None, True)] if changed or name in unit.effects.binds else []


def _cross(flow: Flow, crossing: Crossing, site: Site | None) -> None:
    target, source = flow.stages[crossing.target], flow.stages[crossing.source]
    before = target.inputs.get(crossing.name)
    if before is not None and before.maker != crossing.maker:
        stages = (crossing.target, crossing.source)
        flow.findings.append(Finding(Trouble.COMES_BACK, crossing.name, crossing.user, site, crossing.maker, stages))
        return
    own = _own_writers(flow, crossing.target, crossing.name)
    if any(index < crossing.user for index in own):
        stages = (crossing.target, crossing.source)
        flow.findings.append(Finding(Trouble.COMES_BACK, crossing.name, crossing.user, site, crossing.maker, stages))
        return
    target.inputs[crossing.name] = crossing
    source.outputs[crossing.name] = crossing.maker
    flow.crossings[crossing.source, crossing.target, crossing.name] = crossing


def _own_writers(flow: Flow, stage: str, name: str) -> list[int]:
    """The units of a stage that write a name, but for definitions that move out of its body."""
    program = flow.program
    return [
        index
        for index in program.writers.get(name, ())
        if program.units[index].stage == stage and index not in program.importable
    ]


def _check_versions(flow: Flow) -> None:
    """A stage hands on the last version it makes; one that was needed earlier is gone by then."""
    for crossing in list(flow.crossings.values()):
        later = [index for index in _own_writers(flow, crossing.source, crossing.name) if index > crossing.maker]
        if later:
            stages = (crossing.source, crossing.target)
            found = Finding(Trouble.CHANGED_AFTER, crossing.name, later[0], None, crossing.user, stages)
            flow.findings.append(found)
    for stage in flow.stages.values():
        stage.unset = {name for name, maker in stage.outputs.items() if _may_be_unset(flow, name, maker)}


def _may_be_unset(flow: Flow, name: str, maker: int) -> bool:
    index: int | None = maker
    while index is not None:
        unit = flow.program.units[index]
        if unit.effects.binds.get(name) or index in flow.program.parameters.values():
            return False
        if name not in unit.effects.binds and name not in unit.effects.changes and index not in flow.extra.get(name, ()):
            return False
        index = _writer_before(flow, name, index)
    return True


def _entangle(flow: Flow) -> dict[str, set[int]]:
    """Where a stage changes what two of its inputs share, both must come from one stage, in one file.

    Gives the names that have to be handed on by a stage they came through, with the unit that ties them there.
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
    return {name: units - flow.extra.get(name, set()) for name, units in more.items() if units - flow.extra.get(name, set())}


def _shared_inputs(flow: Flow, stage: StageFlow) -> list[frozenset[str]]:
    found: set[frozenset[str]] = set()
    for index in stage.units:
        for group in flow.program.units[index].effects.groups:
            # What can be imported is the same object everywhere, and never changes.
            origins = {name for name, unit in stage.origins.items() if unit not in flow.program.importable}
            shared = frozenset(group & {*stage.inputs, *origins})
            if len(shared) > 1 and shared & set(stage.inputs):
                found.add(shared)
    return sorted(found, key=sorted)


def _maker(stage: StageFlow, name: str) -> int:
    return stage.inputs[name].maker if name in stage.inputs else stage.origins[name]
