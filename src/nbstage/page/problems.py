"""Problems on the page."""

from __future__ import annotations

from nbstage.model import Level, Problem
from nbstage.page.markup import Html, el
from nbstage.report.problems import in_order, underline

_COLUMNS = 88


def problems_section(problems: tuple[Problem, ...]) -> Html | None:
    """All problems, in the notebook's order; nothing if there is none."""
    if not problems:
        return None
    return el(
        "section",
        el("h2", "Problems", id="problems-title"),
        problem_list(problems),
        id="problems",
        aria_labelledby="problems-title",
    )


def problem_list(problems: tuple[Problem, ...]) -> Html:
    """Each with its code, its place, the line of source, and what to do."""
    return el("ul", [_problem(problem) for problem in in_order(problems)], class_="problems")


def _problem(problem: Problem) -> Html:
    place = problem.place
    where = place.path
    where += f", cell {place.cell}" if place.cell is not None else ""
    where += f", line {place.line}" if place.line is not None else ""
    level = problem.level
    return el(
        "li",
        el("p", el("strong", f"{level.value} {problem.code}"), " ", problem.message),
        el("p", where, class_="where"),
        _source(problem) if place.line is not None and place.source.strip() else None,
        el("p", "What to do: ", problem.hint) if problem.hint else None,
        class_="error" if level is Level.ERROR else "note",
    )


def _source(problem: Problem) -> Html:
    place = problem.place
    shown, before, length = underline(
        place.source.rstrip("\r\n"), place.column, place.end_column, _COLUMNS
    )
    end = before + length
    marked = [shown[:before], el("mark", shown[before:end]), shown[end:]]
    return el("pre", el("code", marked), class_="code", tabindex=0)
