"""The rule on check cells: which of them become no test, and why."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.convert.flow import Finding, Trouble
from nbstage.convert.rules.notebook import Converted
from nbstage.model import Level, Problem

_SKIP = "or tag the cell `skip`: then it runs with the notebook only."


def judge(converted: Converted) -> Iterator[Problem]:
    """The note NBS309."""
    for check, finding in converted.flow.untested.items():
        units = [unit for unit in converted.program.units if unit.home == check]
        inside = finding.unit in {unit.index for unit in units}
        at = (finding.unit, finding.site) if inside else (units[0].index, None)
        why, hint = _why(converted, finding)
        yield Problem(
            "NBS309",
            f"this check becomes no test: {why}",
            converted.place(*at),
            hint,
            Level.NOTE,
        )


def _why(converted: Converted, finding: Finding) -> tuple[str, str]:
    """Why there is no test, and what to do."""
    name = f"'{finding.name}'"
    if finding.name.startswith("<"):
        name = f"the random state of '{finding.name.strip('<>')}'"
    cell = converted.cell(finding.maker if finding.maker is not None else finding.unit)
    first = finding.stages[0] if finding.stages else ""
    match finding.trouble:
        case Trouble.NO_STAGE if finding.name:
            return f"there is no stage {name}", f"name a stage of the notebook, {_SKIP}"
        case Trouble.NO_STAGE:
            why = "it stands before the first stage, and a test is a stage's"
            return why, f"name its stage too, as in `stage:load`, or move it down, {_SKIP}"
        case Trouble.NEVER_MADE | Trouble.MADE_LATER | Trouble.DELETED:
            return f"there is no {name} here when the notebook runs top to bottom", (
                f"make the value in a cell above, {_SKIP}"
            )
        case Trouble.SKIPPED | Trouble.SKIP_CHANGES:
            return (
                f"it needs {name} as cell {cell} leaves it, which is no part of the pipeline",
                f"tag cell {cell} with a stage, or do all of it in the check, {_SKIP}",
            )
        case Trouble.BEFORE_STAGES:
            return f"it needs {name}, which cell {cell} computes before the first stage", (
                f"tag cell {cell} with a stage, {_SKIP}"
            )
        case Trouble.CHANGED_AFTER:
            return (
                f"stage '{first}' gives {name} another value after it (in cell {converted.cell(finding.unit)}), "
                "and stores that one",
                f"give cell {converted.cell(finding.unit)} a stage of its own, {_SKIP}",
            )
        case Trouble.FILE_WRITTEN_AFTER:
            return f"stage '{first}' writes {name} after it (in cell {cell})", (
                f"write to another file there, {_SKIP}"
            )
        case Trouble.COMES_BACK | Trouble.CYCLE:
            return f"it needs {name} with two values", f"give one of them another name, {_SKIP}"
        case Trouble.SETTING:
            return f"a setting of {finding.name} that holds for it can't be repeated in a test", (
                f"make the setting a statement of its own, of plain values and parameters, {_SKIP}"
            )
        case Trouble.NOTEBOOK_ONLY:
            return "it does what works in a notebook only", f"write it as plain Python, {_SKIP}"
