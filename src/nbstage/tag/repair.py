"""Guesses that can't be converted -> guesses that can, as far as other tags help."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from nbstage.model import Level, Notebook, Problem, Role
from nbstage.tag.apply import with_tags
from nbstage.tag.guess import SHOWS
from nbstage.tag.nouns import Guess

Guesses = tuple[Guess, ...]
Judge = Callable[[Notebook], tuple[Problem, ...]]
"""Gives all problems of a notebook, as `nbstage check` does."""

#: How many conversions a proposal is worth.
_TRIES = 80
_BESIDE = (Role.SKIP, Role.CHECK, Role.IMPORTS, Role.FUNCTIONS, Role.PARAMETERS)
_BECAUSE = {
    Role.SKIP: "a later stage needs it",
    Role.CHECK: "a later stage needs it",
    Role.IMPORTS: "does more than to import",
    Role.FUNCTIONS: "does more than to define",
    Role.PARAMETERS: "no plain values",
}


def repaired(notebook: Notebook, guesses: Guesses, judge: Judge) -> Guesses:
    """The guesses, changed step by step as long as a step leaves fewer errors."""
    problems = _errors(judge(with_tags(notebook, guesses)))
    tries = 0
    while problems:
        for candidate in _candidates(guesses, problems):
            tries += 1
            left = _errors(judge(with_tags(notebook, candidate)))
            if len(left) < len(problems):
                guesses, problems = candidate, left
                break
            if tries >= _TRIES:
                return guesses
        else:
            return guesses
    return guesses


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(one for one in problems if one.level is Level.ERROR)


def _candidates(guesses: Guesses, problems: tuple[Problem, ...]) -> Iterator[Guesses]:
    """What may help, most telling first, each once."""
    seen = {guesses}
    for problem in problems:
        for candidate in _for_problem(guesses, problem):
            if candidate not in seen:
                seen.add(candidate)
                yield candidate


def _for_problem(guesses: Guesses, problem: Problem) -> Iterator[Guesses]:
    cells = _cells_of(problem)
    for one in guesses:
        if one.cell in cells and not one.given:
            if one.role in _BESIDE:
                yield _changed(guesses, replace(one, role=Role.STAGE, why=_BECAUSE[one.role]))
            if one.role is Role.PARAMETERS:
                yield _changed(guesses, replace(one, role=Role.FUNCTIONS, why="constants"))
            if one.metrics:
                yield _changed(guesses, replace(one, metrics=False))
            if one.plots:
                yield _changed(guesses, replace(one, plots=False))
            if one.plots and one.idle:
                yield _changed(guesses, replace(one, plots=False, role=Role.SKIP, why=SHOWS))
    stages = [name for name in _stages(guesses) if f"'{name}'" in problem.message]
    if len(stages) > 1:
        yield _merged(guesses, stages[0], stages[-1])
    for name in stages or [one.stage for one in guesses if one.cell in cells]:
        yield from _with_neighbours(guesses, name)


def _cells_of(problem: Problem) -> set[int]:
    """The cells that a problem is about: messages name those that it also has to do with."""
    found = {int(number) for number in re.findall(r"\bcell (\d+)", problem.message)}
    return found | ({problem.place.cell} if problem.place.cell else set())


def _stages(guesses: Guesses) -> list[str]:
    return list(dict.fromkeys(one.stage for one in guesses if one.role is Role.STAGE))


def _changed(guesses: Guesses, new: Guess) -> Guesses:
    return tuple(new if one.cell == new.cell else one for one in guesses)


def _with_neighbours(guesses: Guesses, stage: str) -> Iterator[Guesses]:
    stages = _stages(guesses)
    if stage in stages:
        at = stages.index(stage)
        if at + 1 < len(stages):
            yield _merged(guesses, stage, stages[at + 1])
        if at > 0:
            yield _merged(guesses, stages[at - 1], stage)


def _merged(guesses: Guesses, first: str, last: str) -> Guesses:
    """One stage in place of two and of all between them; what is tagged already stays."""
    own = [at for at, one in enumerate(guesses) if one.role is Role.STAGE]
    ends = [at for at in own if guesses[at].stage in (first, last)]
    inside = guesses[min(ends) : max(ends) + 1]
    name = next((one.stage for one in inside if one.given and one.stage), first)
    return tuple(
        replace(one, stage=name, why=f"can't be parted from '{name}'")
        if min(ends) <= at <= max(ends) and not one.given and one.stage != name
        else one
        for at, one in enumerate(guesses)
    )
