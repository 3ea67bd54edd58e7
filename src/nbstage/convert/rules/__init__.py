"""What can't be kept, or is worth a note: all problems of a notebook at once. `nbstage explain`
tells each code's story.
"""

from __future__ import annotations

from nbstage.convert.rules import (
    cells,
    checks,
    crossing,
    dataflow,
    files,
    modules,
    oddities,
    settings,
    start,
)
from nbstage.convert.rules.notebook import Converted
from nbstage.model import Level, Problem

__all__ = ["Converted", "judge"]

_RULES = (
    cells.judge,
    oddities.judge,
    dataflow.judge,
    crossing.judge,
    files.judge,
    modules.judge,
    settings.judge,
    start.judge,
    checks.judge,
)


def judge(converted: Converted) -> tuple[Problem, ...]:
    """All problems of a converted notebook, errors and notes, in the order of its cells."""
    found = dict.fromkeys(problem for rule in _RULES for problem in rule(converted))
    return tuple(sorted(found, key=_order))


def _order(problem: Problem) -> tuple[bool, int, int, str, str]:
    place = problem.place
    return (
        problem.level is Level.NOTE,
        place.cell or 0,
        place.line or 0,
        problem.code,
        problem.message,
    )
