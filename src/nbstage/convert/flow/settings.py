"""A library's settings hold for every later stage that uses it."""

from __future__ import annotations

import ast

from nbstage.convert.effects import Effects
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.flow.demand import demand_unit
from nbstage.convert.flow.nouns import (
    Crossing,
    Finding,
    Flow,
    StageFlow,
    Trouble,
    own_writers,
    value_of,
)
from nbstage.convert.units import Unit
from nbstage.model import Role

#: Libraries that work through another one, so that its settings hold for them too.
_RELATED = {
    "matplotlib": ("seaborn", "pandas", "sklearn", "shap"),
    "sklearn": ("imblearn", "xgboost", "lightgbm", "catboost"),
    "pandas": ("seaborn",),
    "numpy": ("pandas", "sklearn", "scipy", "matplotlib", "seaborn"),
}


def repeat_settings(flow: Flow, stage: StageFlow) -> None:
    """A library's setting holds for all that comes after it: repeat it in each later stage that
    uses the library.
    """
    for unit in flow.program.units[: stage.units[-1]]:
        if (
            not unit.effects.settings
            or unit.home == stage.name
            or unit.role in (Role.SKIP, Role.CHECK)
        ):
            continue
        if not touches(flow, stage, unit.effects.settings):
            continue
        only_sets = _only_sets(flow, stage, unit) and makes_anew(unit) is None
        if not only_sets and unit.effects.settings == {"files"}:
            # It can't make the folder too, so it runs after the stage that does.
            stage.follows.update({unit.stage} - {""})
            continue
        stage.repeats.add(unit.index)
        if not only_sets:
            flow.findings.append(
                Finding(
                    Trouble.SETTING, ", ".join(sorted(unit.effects.settings)), unit.index, unit.node
                )
            )
        demand_unit(flow, unit, stage.name)


def makes_anew(unit: Unit) -> ast.Call | None:
    """The call that makes a folder and fails if it is there already: `os.mkdir("out")`. None where
    the code looks first, or is ready for the error.
    """
    if "files" not in unit.effects.settings or unit.effects.looks:
        return None
    nodes = list(ast.walk(unit.node))
    if any(isinstance(node, ast.Try | ast.FunctionDef | ast.ClassDef) for node in nodes):
        return None
    calls = (node for node in nodes if isinstance(node, ast.Call))
    return next((call for call in calls if _is_strict(call)), None)


def _is_strict(call: ast.Call) -> bool:
    match call.func:
        case ast.Attribute(attr="mkdir" | "makedirs") | ast.Name(id="mkdir" | "makedirs"):
            return len(call.args) < 3 and all(word.arg != "exist_ok" for word in call.keywords)
        case _:
            return False


def _only_sets(flow: Flow, stage: StageFlow, unit: Unit) -> bool:
    effects = unit.effects
    if effects.changes or effects.files or effects.unknown or effects.marks:
        return False
    if any(own_writers(flow, stage.name, name) or name in stage.inputs for name in effects.binds):
        return False
    writers = [flow.program.writers.get(name, ()) for name in effects.reads]
    return all(len(rows) <= 1 or set(rows) <= flow.program.repeatable for rows in writers)


def touches(flow: Flow, stage: StageFlow, libraries: set[str]) -> bool:
    """Whether a stage uses one of the libraries: by an import, by a value of it, or by one of
    unknown type.
    """
    units = [flow.program.units[index] for index in (*stage.units, *stage.repeats, *stage.own)]
    if "*" in libraries:
        return True
    if "files" in libraries:
        return any(unit.effects.moves for unit in flow.program.units) or any(
            unit.effects.unknown or unit.effects.acts or _uses_files(unit.effects) for unit in units
        )
    used = {path.split(".")[0] for unit in units for path in unit.effects.paths}
    types = {_type_of(flow, crossing).split(".")[0] for crossing in stage.inputs.values()}
    wanted = libraries | {other for library in libraries for other in _RELATED.get(library, ())}
    return bool(wanted & (used | types)) or bool(
        types & {"", "data", "list", "dict", "set", "instance", "tuple"}
    )


def _uses_files(effects: Effects) -> bool:
    hidden = any(mark.kind is Oddity.NO_PATH for mark in effects.marks)
    return bool(effects.files) or effects.looks or hidden


def _type_of(flow: Flow, crossing: Crossing) -> str:
    value = value_of(flow, crossing.name, crossing.maker)
    return value.type if value is not None else ""
