"""Rules on several notebooks of one project: names that stand for one thing in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from reprlib import repr as short

from nbstage.convert.parameters import find_parameters
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.rules.prefix import other_prefix
from nbstage.convert.sections import key_of
from nbstage.model import Place, Problem

_NAMED = 6  # how many stages a message names


def judge_project(
    notebooks: tuple[Converted, ...], beside: tuple[Converted, ...] = ()
) -> Iterator[Problem]:
    """NBS109, NBS116 and NBS117: stages and parameters of two notebooks.

    `beside` are the project's notebooks that are not converted now: they are compared with, and
    nothing is said of them. Of two notebooks the one that was converted before is in the right.
    """
    here = {converted.notebook.path for converted in notebooks}
    stages: dict[str, tuple[str, str]] = {}
    values: dict[str, tuple[str, object]] = {}
    for converted in sorted((*beside, *notebooks), key=lambda one: not one.known_stages):
        found = [*_stages(converted, stages), *_parameters(converted, values)]
        if converted.notebook.path in here:
            yield from found
    yield from (problem for path, problem in _sections((*beside, *notebooks)) if path in here)


def _stages(converted: Converted, stages: dict[str, tuple[str, str]]) -> Iterator[Problem]:
    path = converted.notebook.path
    taken: dict[str, list[str]] = {}
    for name in converted.flow.stages:
        other, spelled = stages.setdefault(name.casefold(), (path, name))
        if other == path:
            continue
        if spelled == name:
            taken.setdefault(other, []).append(name)
        else:
            yield Problem(
                "NBS109",
                f"the stages '{name}' and '{spelled}' of '{other}' differ in case only",
                _place(converted, name),
                f"choose another name, {other_prefix(converted)}",
            )
    for other, names in taken.items():
        yield (
            _one_taken(converted, other, names[0])
            if len(names) == 1
            else _many_taken(converted, other, names)
        )


def _one_taken(converted: Converted, other: str, name: str) -> Problem:
    return Problem(
        "NBS116",
        f"stage '{name}' is in '{other}' too; a stage comes from one notebook",
        _place(converted, name),
        f"rename one of them, {other_prefix(converted)}",
    )


def _many_taken(converted: Converted, other: str, names: list[str]) -> Problem:
    shown = ", ".join(f"'{name}'" for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return Problem(
        "NBS116",
        f"the stages {shown}{more} are in '{other}' too; a stage comes from one notebook",
        _place(converted, names[0]),
        f"if one notebook is a copy of the other, move it to another folder; else rename them, "
        f"{other_prefix(converted)}",
    )


def _place(converted: Converted, stage: str) -> Place:
    units = converted.flow.stages[stage].units
    return converted.place(units[0]) if units else Place(converted.notebook.path)


def _parameters(converted: Converted, values: dict[str, tuple[str, object]]) -> Iterator[Problem]:
    path = converted.notebook.path
    for parameter in find_parameters(converted.blocks, converted.prefix):
        other, value = values.setdefault(key_of(parameter), (path, parameter.value))
        if other != path and repr(value) != repr(parameter.value):
            yield Problem(
                "NBS117",
                f"parameter '{parameter.name}' is {short(parameter.value)} here and {short(value)} in '{other}'",
                converted.place(converted.program.parameters[parameter.name]),
                "params.yaml has one value for both: give them one value, or two names, "
                + other_prefix(converted),
            )


def _sections(notebooks: tuple[Converted, ...]) -> Iterator[tuple[str, Problem]]:
    """A parameter at the top of params.yaml that is called like another notebook's section."""
    sections = {one.prefix: one.notebook.path for one in notebooks if one.prefix}
    for converted in notebooks:
        for parameter in find_parameters(converted.blocks, converted.prefix):
            other = sections.get(key_of(parameter))
            if other is not None:
                yield (
                    converted.notebook.path,
                    Problem(
                        "NBS117",
                        f"parameter '{parameter.name}' is called like the section that '{other}' has in params.yaml",
                        converted.place(converted.program.parameters[parameter.name]),
                        f"rename the parameter, or choose another prefix for '{other}' in [tool.nbstage.prefixes].",
                    ),
                )
