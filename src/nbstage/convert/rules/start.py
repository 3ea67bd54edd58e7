"""Rules on what stands outside of stages: only imports, definitions, constants and settings have a
place there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.rules.notebook import Converted
from nbstage.convert.units import Unit, is_definition
from nbstage.model import Level, Problem, Role

_OUTSIDE = (Role.IMPORTS, Role.FUNCTIONS, Role.UNTAGGED, Role.PARAMETERS)
_COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try)
_DOES = (ast.Call, ast.Raise, ast.Assert, ast.Await)


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS206 and the note NBS308."""
    if not converted.flow.stages:
        return
    outside = [unit for unit in converted.program.units if not unit.stage and unit.role in _OUTSIDE]
    carried = _carried(converted)
    noted: dict[int, list[Unit]] = {}
    for unit in outside:
        if _acts(unit) or (unit.index not in carried and _may_set(converted, unit)):
            yield Problem(
                "NBS206",
                "this does something before the first stage, where only imports, definitions and settings have a place",
                converted.place(unit.index),
                "tag the cell with the stage that needs it done: `stage:load`.",
            )
        elif unit.index not in carried and _does_something(unit):
            noted.setdefault(unit.block.cell.number, []).append(unit)
    for units in noted.values():
        yield _left_out(converted, units)


def _acts(unit: Unit) -> bool:
    effects = unit.effects
    writes = any(use.mode != "r" for use in effects.files)
    does = effects.acts or writes or (effects.unknown and not effects.binds)
    return does and effects.settings <= {"files"}


def _may_set(converted: Converted, unit: Unit) -> bool:
    """Whether a call of which nothing is known may have set a library that a stage uses:
    `run = wandb.init()`.
    """
    names = set(unit.effects.binds)
    needed = any(finding.name in names for finding in converted.flow.findings)
    if not unit.effects.unknown or needed:
        return False
    mine = {path.split(".")[0] for path in unit.effects.paths}
    theirs = (other for other in converted.program.units if other.stage)
    return any(mine & {path.split(".")[0] for path in other.effects.paths} for other in theirs)


def _carried(converted: Converted) -> set[int]:
    """The units that are part of a stage's module or of a helper's."""
    found = {index for needs in converted.shared.needs.values() for index in needs}
    for module in converted.shared.modules.values():
        found.update(module.units)
    for plan in converted.plans:
        found.update(plan.body, plan.imports, plan.constants)
    return found


def _does_something(unit: Unit) -> bool:
    """Whether a statement is there for what it does, and not for the names that it binds."""
    node, effects = unit.node, unit.effects
    if effects.changes or effects.settings or is_definition(node):
        return False
    shows = isinstance(node, ast.Expr | ast.Assert) and not effects.binds
    targets = (
        {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        if isinstance(node, ast.For)
        else set()
    )
    runs = isinstance(node, _COMPOUND) and not set(effects.binds) - targets
    return (shows or runs) and any(isinstance(part, _DOES) for part in ast.walk(node))


def _left_out(converted: Converted, units: list[Unit]) -> Problem:
    rest = len(units) - 1
    more = f", and so {'is 1 more statement' if rest == 1 else f'are {rest} more statements'} of the cell"
    hint = "fine if it only shows something; else tag the cell with a stage, such as `stage:load`."
    if isinstance(units[0].node, ast.Assert):
        hint = "move it to a stage that relies on it, or tag the cell `check` if it is for the notebook."
    return Problem(
        "NBS308",
        f"this is left out of the pipeline{more if rest else ''}: outside of stages only imports, "
        "definitions, constants and settings are kept",
        converted.place(units[0].index),
        hint,
        Level.NOTE,
    )
