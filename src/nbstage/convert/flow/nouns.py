"""The nouns of data flow: stages, what crosses between them, and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from nbstage.convert.effects.nouns import Site
from nbstage.convert.effects.values import Value
from nbstage.convert.units import Program


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
    NO_STAGE = "no stage"
    NOTEBOOK_ONLY = "notebook only"
    FILE_WRITTEN_AFTER = "file written after"


@dataclass(frozen=True, slots=True)
class Finding:
    """A trouble with a name (or stages), the unit and place where it is used, and the unit it is
    made by.
    """

    trouble: Trouble
    name: str
    unit: int
    site: Site | None = None
    maker: int | None = None
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A version of a name that one stage makes and another needs.

    `maker` is the unit whose version it is.
    """

    name: str
    source: str
    target: str
    maker: int
    user: int

    @property
    def of_check(self) -> bool:
        """Whether a check needs it: no stage's name has a blank in it."""
        return " " in self.target

    @property
    def reader(self) -> str:
        """Who needs it, as it is said to the user."""
        return self.target if self.of_check else f"stage '{self.target}'"


@dataclass(slots=True)
class StageFlow:
    """What one stage, or one check, consists of and needs.

    `repeats` are units of elsewhere to be repeated in it, `own` its own definitions that can be
    imported,
    `origins` the units that parameters and repeated definitions come from, by name. `follows` are
    stages that make folders for it.
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
    follows: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Flow:
    """All stages in notebook order, their crossings, and what can't be kept.

    `checks` are the check cells that become tests, `untested` why the others don't.
    """

    program: Program
    stages: dict[str, StageFlow]
    checks: dict[str, StageFlow] = field(default_factory=dict)
    untested: dict[str, Finding] = field(default_factory=dict)
    crossings: dict[tuple[str, str, str], Crossing] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    extra: dict[str, set[int]] = field(default_factory=dict)
    seen: set[tuple[str, str, int, int]] = field(default_factory=set)

    def room(self, name: str) -> StageFlow:
        """The stage or the check of that name."""
        return self.stages[name] if name in self.stages else self.checks[name]


def writer_before(flow: Flow, name: str, at: int) -> int | None:
    found = flow.program.writer_before(name, at)
    extra = max((index for index in flow.extra.get(name, ()) if index < at), default=None)
    if found is None or extra is None:
        return found if extra is None else extra
    return max(found, extra)


def value_of(flow: Flow, name: str, maker: int) -> Value | None:
    """What is known of the value a name has after the unit that made this version of it."""
    index: int | None = maker
    while index is not None:
        unit = flow.program.units[index]
        if name in unit.values:
            return unit.values[name]
        index = writer_before(flow, name, index)
    return None


def own_writers(flow: Flow, stage: str, name: str) -> list[int]:
    """The units of a stage that write a name, but for definitions that move out of its body."""
    writers = flow.program.writers_among(name, flow.room(stage).units)
    return [index for index in writers if index not in flow.program.importable]
