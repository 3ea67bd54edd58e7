"""Rules on names: each use must get the value it has in the notebook."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.flow import Finding, Trouble
from nbstage.convert.order import find_cycle
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.stages import StagePlan
from nbstage.convert.units import Unit
from nbstage.model import Place, Problem


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS201 to NBS210."""
    stars = [
        mark
        for unit in converted.program.units
        for mark in unit.effects.marks
        if mark.kind is Oddity.STAR
    ]
    for finding in converted.flow.findings:
        # A star import that can't be followed may have brought the name: that is one cause, one error.
        if not (stars and finding.trouble is Trouble.NEVER_MADE):
            yield from _problem(converted, finding)
    for plan in converted.plans:
        yield from _given_twice(converted, plan)
    cycle = find_cycle(converted.flow, converted.plans)
    if cycle:
        yield _cycle(converted, cycle)


def _problem(converted: Converted, finding: Finding) -> Iterator[Problem]:
    user = converted.program.units[finding.unit]
    where = converted.place(finding.unit, finding.site)
    stage = f"stage '{user.stage}'" if user.stage else f"cell {user.block.cell.number}"
    match finding.trouble:
        case Trouble.NEVER_MADE:
            yield _never_made(converted, finding, stage, where)
        case Trouble.MADE_LATER:
            yield _made_later(converted, finding, user, stage, where)
        case Trouble.DELETED:
            yield Problem(
                "NBS209",
                f"{stage} uses '{finding.name}', which cell {_maker_cell(converted, finding)} deletes",
                where,
                "take the `del` out, or use another name.",
            )
        case Trouble.SKIPPED:
            yield Problem(
                "NBS203",
                f"{stage} needs {_named(finding.name)}, but cell {_maker_cell(converted, finding)}, which makes it, is no part of the pipeline",
                where,
                f"tag cell {_maker_cell(converted, finding)} with a stage, or move the line that makes it to one.",
            )
        case Trouble.SKIP_CHANGES:
            yield Problem(
                "NBS204",
                f"{stage} uses {_named(finding.name)}, which cell {_maker_cell(converted, finding)} may have changed, and that cell is no part of the pipeline",
                where,
                f"tag cell {_maker_cell(converted, finding)} with a stage, or {_apart(finding.name)}.",
            )
        case Trouble.BEFORE_STAGES:
            yield Problem(
                "NBS205",
                f"{stage} needs {_named(finding.name)}, which cell {_maker_cell(converted, finding)} computes before the first stage",
                converted.place(finding.maker if finding.maker is not None else finding.unit),
                f"tag cell {_maker_cell(converted, finding)} with a stage, such as `stage:load`.",
            )
        case Trouble.CHANGED_AFTER | Trouble.COMES_BACK:
            yield _two_values(converted, finding, where)
        case Trouble.SETTING:
            yield Problem(
                "NBS210",
                f"a setting of {finding.name} holds for later stages too, but can't be repeated there",
                where,
                "make the setting a statement of its own, of plain values and parameters.",
            )
        case Trouble.CYCLE:
            return


def _maker_cell(converted: Converted, finding: Finding) -> int:
    return converted.cell(finding.maker if finding.maker is not None else finding.unit)


def _named(name: str) -> str:
    return f"the random state of '{name.strip('<>')}'" if name.startswith("<") else f"'{name}'"


def _apart(name: str) -> str:
    own = {
        "<numpy.random>": "np.random.default_rng(0)",
        "<random>": "random.Random(0)",
        "<torch.random>": "torch.Generator()",
    }
    if name in own:
        return f"let it draw from a generator of its own: `{own[name]}`"
    return f"let it work on a copy: `{name}.copy()`"


def _never_made(converted: Converted, finding: Finding, stage: str, where: Place) -> Problem:
    return Problem(
        "NBS201",
        f"{stage} uses '{finding.name}', which no earlier stage makes",
        where,
        f"define '{finding.name}' in a cell above, or correct the name{_near(converted, finding.name)}",
    )


def _near(converted: Converted, name: str) -> str:
    from difflib import get_close_matches

    names = [other for other in converted.program.writers if other.isidentifier() and other != name]
    near = get_close_matches(name, names, n=1)
    return f": is it '{near[0]}'?" if near else "."


def _made_later(
    converted: Converted, finding: Finding, user: Unit, stage: str, where: Place
) -> Problem:
    later = next(
        index for index in converted.program.writers[finding.name] if index >= finding.unit
    )
    maker = converted.program.units[later]
    by = f"stage '{maker.stage}'" if maker.stage and maker.stage != user.stage else "it"
    cell = maker.block.cell.number
    if later == finding.unit:
        message = f"{stage} uses '{finding.name}' before it gives it a value"
    else:
        message = f"{stage} uses '{finding.name}', which {by} makes only later, in cell {cell}"
    return Problem(
        "NBS202",
        message,
        where,
        "run top to bottom, the notebook fails here too: make the value in a cell above this one.",
    )


def _two_values(converted: Converted, finding: Finding, where: Place) -> Problem:
    maker = _maker_cell(converted, finding)
    first, second = finding.stages or ("", "")
    if finding.trouble is Trouble.CHANGED_AFTER:
        return Problem(
            "NBS207",
            f"stage '{first}' gives {_named(finding.name)} another value after stage '{second}' used it (in cell {maker})",
            where,
            f"a stage runs in one go and hands on what it has at its end: give cell {where.cell} a stage of its own.",
        )
    return Problem(
        "NBS208",
        f"stage '{first}' needs {_named(finding.name)} as cell {maker} leaves it, but has worked with another value of it before",
        where,
        f"a stage runs in one go, all its cells together: give cell {where.cell} a stage of its own.",
    )


def _given_twice(converted: Converted, plan: StagePlan) -> Iterator[Problem]:
    """A stage's function takes each name once: as a parameter, or from one stage."""
    names = [*plan.parameters, *(name for artifact in plan.inputs for name in artifact.names)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        units = converted.flow.stages[plan.name].units
        yield Problem(
            "NBS208",
            f"stage '{plan.name}' needs {_named(name)} with two values: it changes on the way there",
            converted.place(units[0]),
            f"give one of the two values of {_named(name)} another name.",
        )


def _cycle(converted: Converted, cycle: tuple[str, ...]) -> Problem:
    way = " -> ".join(f"'{name}'" for name in (*cycle, cycle[0]))
    units = converted.flow.stages[cycle[0]].units
    return Problem(
        "NBS211",
        f"stages wait for each other: {way}",
        converted.place(units[-1]),
        "a stage runs in one go, all its cells together: split one of them into two stages.",
    )
