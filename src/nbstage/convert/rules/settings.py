"""Settings of libraries that stages live under in the notebook, and not in the pipeline."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.flow.settings import touches
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.units import Unit
from nbstage.model import Level, Problem, Role

#: How figures look is no value.
_DRAW = frozenset({"altair", "bokeh", "matplotlib", "plotly", "seaborn"})
_PRINT = ("set_printoptions", "printoptions", "filterwarnings", "simplefilter", "captureWarnings")


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS203 for a setting, and the note NBS310."""
    for unit in converted.program.units:
        settings = unit.effects.settings - {"files"}
        if unit.role not in (Role.SKIP, Role.CHECK) or not settings or _prints(unit):
            continue
        later = (stage for stage in converted.flow.stages.values() if stage.units[-1] > unit.index)
        user = next((stage.name for stage in later if touches(converted.flow, stage, settings)), "")
        if user:
            yield _problem(converted, unit, settings, user)


def _problem(converted: Converted, unit: Unit, settings: set[str], user: str) -> Problem:
    looks = settings <= _DRAW
    name = (
        "what holds for all code"
        if "*" in settings
        else " and ".join(f"'{one}'" for one in sorted(settings))
    )
    what = f"this sets how {name} draws" if looks else f"this sets {name}"
    effect = (
        f"the figures of stage '{user}' look otherwise than in the notebook"
        if looks
        else f"stage '{user}' does not have it"
    )
    return Problem(
        "NBS310" if looks else "NBS203",
        f"{what} in a cell that is no part of the pipeline: {effect}",
        converted.place(unit.index),
        "move the line to the cell with the imports, or to a stage.",
        Level.NOTE if looks else Level.ERROR,
    )


def _prints(unit: Unit) -> bool:
    """Whether a statement only sets what is printed: warnings and how values look."""
    texts = [ast.unparse(node) for node in ast.walk(unit.node) if isinstance(node, ast.Call)]
    if isinstance(unit.node, ast.Assign):
        return any(".options.display." in ast.unparse(target) for target in unit.node.targets)
    return bool(texts) and all(map(_only_prints, texts))


def _only_prints(call: str) -> bool:
    name, _, rest = call.partition("(")
    word = name.rpartition(".")[2]
    if word in _PRINT:
        return not rest.startswith(("'error'", '"error"'))
    return word in ("set_option", "reset_option") and rest.startswith(("'display.", '"display.'))
