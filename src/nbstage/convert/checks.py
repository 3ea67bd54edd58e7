"""Check cells -> tests: for each what its function takes, runs and is called."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from dataclasses import dataclass, replace

from nbstage.convert.flow import Flow
from nbstage.convert.shared import Shared
from nbstage.convert.shown import Shown
from nbstage.convert.stages import Runs, StagePlan, plan_room, workdir_of
from nbstage.convert.units import RESERVED, Program
from nbstage.model import Config

_LONGEST = 60
_TAKEN = RESERVED | {"takes", "takes_"}


@dataclass(frozen=True, slots=True)
class Check:
    """A check cell as a test of its stage: `function` is what the test is called."""

    stage: str
    function: str
    plan: StagePlan


def plan_checks(
    flow: Flow, shared: Shared, config: Config, notebook: str, plans: tuple[StagePlan, ...]
) -> tuple[Check, ...]:
    """Decide the parts of all checks that can be tests, in the notebook's order."""
    made = {plan.name: plan.outputs for plan in plans}
    section = config.prefixes.get(notebook, "")
    runs = Runs(notebook, workdir_of(config, notebook), (), False, config.safe, section)
    found: dict[str, list[StagePlan]] = {}
    for name, room in flow.checks.items():
        if name in flow.untested:
            continue
        plan = _plan(plan_room(flow, shared, room, made, runs))
        if plan.body:
            stage = flow.program.units[room.units[0]].block.checked
            found.setdefault(stage, []).append(plan)
    return tuple(
        Check(stage, function, plan)
        for stage, group in found.items()
        for function, plan in zip(_functions(flow.program, group), group, strict=True)
    )


def _plan(plan: StagePlan) -> StagePlan:
    """A test hands nothing on, and shows nothing."""
    return replace(plan, results=(), metrics=(), plots=(), shown=Shown(), resources=())


def _functions(program: Program, plans: list[StagePlan]) -> list[str]:
    """What the tests of a stage are called: as the comment at the top of the cell says."""
    taken = {"", *_TAKEN, *dir(builtins), *keyword.kwlist, *keyword.softkwlist}
    taken |= {name for plan in plans for name in (*plan.wanted, *plan.parameters)}
    taken |= {name for plan in plans for name in _bound(program, plan)}
    names: list[str] = []
    for number, plan in enumerate(plans, start=1):
        name = _spoken(plan.doc)
        if name in taken:
            name = _free(f"{name}_check" if name else f"check_{number}", taken)
        taken.add(name)
        names.append(name)
    return names


def _bound(program: Program, plan: StagePlan) -> set[str]:
    """All names that the module of the test, or its function, gives something to."""
    units = [*plan.body, *plan.imports, *plan.constants]
    units += [index for module in plan.helpers for index in module.units]
    given = {name for artifact in plan.inputs for name in artifact.names}
    return given.union(*(program.units[index].effects.binds for index in units))


def _spoken(doc: str) -> str:
    """`No customer appears twice.` -> `no_customer_appears_twice`; "" if nothing can be said."""
    words = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", doc).lower()).strip("_")
    if len(words) > _LONGEST:
        words = words[: _LONGEST + 1].rpartition("_")[0] or words[:_LONGEST]
    return words if words.isidentifier() else ""


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
