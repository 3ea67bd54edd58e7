"""Guesses -> tags of cells."""

from __future__ import annotations

from dataclasses import replace

from nbstage.model import Notebook, Role
from nbstage.tag.nouns import Guess, Row


def added_tags(guesses: tuple[Guess, ...]) -> dict[int, tuple[str, ...]]:
    """The tags that each cell gets. A stage is said once: cells after it belong to it too."""
    found: dict[int, tuple[str, ...]] = {}
    open_stage = ""
    for one in guesses:
        tags: list[str] = []
        if one.role is Role.STAGE:
            if one.stage != open_stage and not one.given:
                tags.append(f"stage:{one.stage}")
            open_stage = one.stage
            tags += ["metrics"] * one.metrics + ["plots"] * one.plots
        elif one.role is not Role.UNTAGGED:
            tags.append(one.role.value)
        found[one.cell] = () if one.given else tuple(tags)
    return found


def with_tags(notebook: Notebook, guesses: tuple[Guess, ...]) -> Notebook:
    """The notebook as it will be with the tags."""
    added = added_tags(guesses)
    cells = tuple(
        replace(cell, tags=(*cell.tags, *added.get(cell.number, ()))) for cell in notebook.cells
    )
    return Notebook(notebook.path, cells)


def rows(notebook: Notebook, guesses: tuple[Guess, ...]) -> tuple[Row, ...]:
    """The table: a row for each code cell."""
    added = added_tags(guesses)
    cells = {cell.number: cell for cell in notebook.cells}
    return tuple(
        Row(
            cell=one.cell,
            has=cells[one.cell].tags,
            adds=added[one.cell],
            stage=one.stage if one.role in (Role.STAGE, Role.UNTAGGED) else "",
            why=one.why,
            line=_first_line(cells[one.cell].source),
        )
        for one in guesses
    )


def _first_line(source: str) -> str:
    """The first line that says something; comments only where there is nothing else."""
    lines = [line.strip() for line in source.split("\n") if line.strip()]
    code = [line for line in lines if not line.startswith(("#", "%%"))]
    return next(iter((*code, *lines)), "")
