"""A notebook -> tags for its cells, which the converter takes wherever it can take the notebook."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import PurePosixPath

from nbstage.convert.rules import Converted
from nbstage.model import CellKind, Level, Notebook, Problem
from nbstage.tag.guess import guess
from nbstage.tag.headings import name_from
from nbstage.tag.looks import Look, looks
from nbstage.tag.nouns import Guess
from nbstage.tag.repair import repaired

Convert = Callable[[Notebook], tuple[Converted | None, tuple[Problem, ...]]]
"""Converts a notebook as far as it goes, and gives all its problems."""

_ROUNDS = 3


def propose(notebook: Notebook, convert: Convert, taken: Collection[str]) -> tuple[Guess, ...]:
    """A guess for each code cell. `taken` are the names of the project's other stages."""
    prefix = name_from(PurePosixPath(notebook.path).stem)
    guesses = guess(notebook, _looks(notebook, convert), taken, prefix)
    return repaired(notebook, guesses, lambda tagged: convert(tagged)[1])


def _looks(notebook: Notebook, convert: Convert) -> dict[int, Look]:
    """What the cells do, as if none had a tag. Cells that can't be read are left out."""
    bare = Notebook(notebook.path, tuple(replace(cell, tags=()) for cell in notebook.cells))
    left_out: set[int] = set()
    for _ in range(_ROUNDS):
        cells = tuple(
            replace(cell, source="") if cell.number in left_out else cell for cell in bare.cells
        )
        converted, problems = convert(Notebook(notebook.path, cells))
        if converted is not None:
            found = looks(converted)
            return {number: look for number, look in found.items() if number not in left_out}
        faulty = {one.place.cell for one in problems if one.level is Level.ERROR}
        left_out.update(number for number in faulty if number is not None)
    return {
        cell.number: Look(cell.number, empty=not cell.source.strip())
        for cell in notebook.cells
        if cell.kind is CellKind.CODE
    }
