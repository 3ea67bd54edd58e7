"""Rules on single statements: what works in a notebook only, or can't be followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.effects.nouns import Mark, Oddity
from nbstage.convert.parameters import find_parameters
from nbstage.convert.rules.notebook import Converted, kept
from nbstage.convert.tagged import assigned_names
from nbstage.convert.units import Unit
from nbstage.model import Level, Problem, Role

_ERRORS = {
    Oddity.NAMESPACE: (
        "NBS220",
        "'{}()' gives all names at once, so that what the stage needs can't be told",
        "name the variables: `{{'lr': lr, 'depth': depth}}`.",
    ),
    Oddity.EXECUTES: (
        "NBS221",
        "'{}' runs text that isn't known before it runs",
        "write the code itself, or look the value up in a dict.",
    ),
    Oddity.HISTORY: (
        "NBS222",
        "'{}' is IPython's memory of earlier cells, which a stage does not have",
        "give the value a name where it is made.",
    ),
    Oddity.INPUT: (
        "NBS223",
        "'{}' waits for somebody to type, and nobody is there",
        "make it a parameter: its value is in params.yaml.",
    ),
    Oddity.EXITS: (
        "NBS224",
        "'{}' would end the stage before its results are saved",
        "raise an error to stop, or put the rest under an `if`.",
    ),
    Oddity.KERNEL: (
        "NBS225",
        "'get_ipython()' exists only in a notebook",
        "write what it does as plain Python.",
    ),
    Oddity.STAR: (
        "NBS226",
        "the names that 'from {} import *' brings can't be told: the module can't be imported here",
        "name what you import, or install the module here.",
    ),
}
_NOTES = {
    Oddity.NO_PATH: (
        "NBS304",
        "the path of a file is not known before the code runs, so DVC does not track it",
        "write the path as text, or put it together from constants and parameters.",
    ),
    Oddity.UNSEEDED: (
        "NBS305",
        "random numbers of '{}' are drawn without a seed: two runs differ, in the notebook as in the pipeline",
        "pass `random_state=...` (`seed=...` to seaborn), or set the seed in the first cell.",
    ),
}


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS220 to NBS227, NBS250 and the notes NBS304, NBS305 and NBS307."""
    for unit in converted.program.units:
        if kept(unit):
            yield from _marks(converted, unit)
            yield from _asks_a_cache(converted, unit)
            yield from _class_that_reads_its_own_names(converted, unit)
    yield from _parameters(converted)


def _marks(converted: Converted, unit: Unit) -> Iterator[Problem]:
    for mark in unit.effects.marks:
        place = converted.place(unit.index, mark.site)
        if mark.kind in _ERRORS:
            code, message, hint = _ERRORS[mark.kind]
            yield Problem(code, message.format(mark.detail), place, hint.format(mark.detail))
        elif mark.kind is Oddity.SYS_PATH and not mark.detail:
            yield Problem(
                "NBS210",
                "the folder that 'sys.path' gets is not known before the code runs, and a stage imports its modules before that",
                place,
                "write the folder as text, or make it from `os.getcwd()` or `Path.cwd()` and text.",
            )
        elif mark.kind in _NOTES and _matters(unit, mark):
            code, message, hint = _NOTES[mark.kind]
            yield Problem(code, message.format(mark.detail), place, hint, Level.NOTE)


def _asks_a_cache(converted: Converted, unit: Unit) -> Iterator[Problem]:
    """`f.cache_info()` counts the calls of all stages; each stage has a cache of its own."""
    for mark in unit.effects.marks:
        others = {
            other.stage
            for other in converted.program.units[: unit.index]
            if mark.kind is Oddity.CACHE_INFO and mark.detail in other.effects.reads
        }
        if others - {unit.stage, ""}:
            yield Problem(
                "NBS230",
                f"stage '{unit.stage}' asks what the cache of '{mark.detail}' has seen, and stage "
                f"'{min(others - {unit.stage, ''})}' has called it too: each stage has its own",
                converted.place(unit.index, mark.site),
                f"call '{mark.detail}' in one stage only.",
            )


def _matters(unit: Unit, mark: Mark) -> bool:
    return bool(unit.stage) and mark.detail != "a"


def _class_that_reads_its_own_names(converted: Converted, unit: Unit) -> Iterator[Problem]:
    """`class A: rate = rate` reads the notebook's `rate`; inside a function, Python would not find
    it.
    """
    node = unit.node
    if not isinstance(node, ast.ClassDef) or unit.index in converted.program.importable:
        return
    bound: set[str] = set()
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            read = [
                part
                for part in ast.walk(statement.value)
                if isinstance(part, ast.Name) and part.id == name
            ]
            if read and name not in bound:
                yield Problem(
                    "NBS227",
                    f"class '{node.name}' gives '{name}' a meaning of its own after reading the notebook's '{name}'",
                    converted.place(unit.index, read[0]),
                    "use another name for one of the two.",
                )
            bound.add(name)


def _parameters(converted: Converted) -> Iterator[Problem]:
    known = {parameter.name for parameter in find_parameters(converted.blocks)}
    for unit in converted.program.units:
        if unit.role is not Role.PARAMETERS or set(unit.effects.binds) & known:
            continue
        derived = sorted(set(unit.effects.reads) & known)
        where = converted.place(unit.index)
        if derived:
            yield Problem(
                "NBS250",
                f"this is made from the parameter '{derived[0]}' and is no plain value itself",
                where,
                "move it to a cell of a stage or of `functions`, so that it follows the parameter's value.",
            )
        elif assigned := assigned_names(unit.node):
            yield Problem(
                "NBS307",
                f"'{assigned[0]}' is no plain value, so it stays in the code and is no key of params.yaml",
                where,
                "write it as a number, text, list or dict, each name in a line of its own.",
                Level.NOTE,
            )
