"""Edited modules of one notebook -> the edits of its cells, or why they can't go back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff

from nbstage.convert.blocks import Block
from nbstage.model import File, Place, Problem
from nbstage.notebook.syntax import find_fault
from nbstage.sync.cells import clashing, with_edits
from nbstage.sync.docstring import docstring_edits, find_docstring, with_docstrings_alike
from nbstage.sync.edits import find_edits
from nbstage.sync.imported import import_edits, imports_at_top
from nbstage.sync.merge import as_git_shows, merge
from nbstage.sync.nouns import Edit
from nbstage.sync.proof import is_proven

_SHOWN_LINES = 60

_SHOWN = re.compile(r"^( +)nbstage\.runtime\.show_figures\((.+)\)$")


@dataclass(frozen=True, slots=True)
class Edited:
    """A module that was edited by hand: as the notebook gives it now, as it is on disk, and as
    nbstage last wrote it (None where that is not known).
    """

    made: File
    text: str
    base: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A module with the edits of both sides, and those of the cells that lead there."""

    rendered: File
    lines: tuple[str, ...]
    edits: tuple[Edit, ...]


def carry(edited: Edited, blocks: tuple[Block, ...], notebook: str) -> Wanted | Problem:
    """The edits of a notebook's cells that bring a module's edits into it."""
    rendered, text = tuple(edited.made.text.split("\n")), edited.text
    if edited.made.path.endswith(".ipynb"):
        message = f"'{edited.made.path}' is made of whole cells: what was edited in it can't be "
        message += f"carried back into '{notebook}'"
        hint = "make the edit in the notebook, then run `nbstage convert --force`."
        return Problem("NBS502", message, Place(edited.made.path), hint)
    if fault := find_fault(text):
        message = f"the edited module is no Python: {fault.message}"
        line = text.split("\n")[fault.line - 1]
        place = Place(edited.made.path, None, fault.line, fault.column, fault.end_column, line)
        return Problem("NBS503", message, place, "correct the line, then sync again.")
    base = tuple((edited.base if edited.base is not None else edited.made.text).split("\n"))
    lines, conflicts = merge(base, tuple(text.split("\n")), rendered)
    if edited.base is None:
        return _unknown(edited, notebook)
    if conflicts:
        names = f"{edited.made.path} (as edited)", f"{notebook} (as it is now)"
        shown = "\n".join(as_git_shows(one, *names) for one in conflicts)
        return _conflict(edited.made.path, notebook, shown)
    if fault := find_fault("\n".join(lines)):
        return _conflict(
            edited.made.path, notebook, f"together they are no Python: {fault.message}"
        )
    return _wanted(edited.made, lines, blocks, notebook)


def _wanted(
    made: File, lines: tuple[str, ...], blocks: tuple[Block, ...], notebook: str
) -> Wanted | Problem:
    doc = find_docstring(made, lines)
    if doc.new is None:
        message = f"an edited docstring of '{made.path}' has no place in '{notebook}'"
        hint = (
            "it is one line, made of the comment at the top of the stage's first cell: edit that."
        )
        return Problem("NBS502", message, Place(made.path), hint)
    lines = with_docstrings_alike(doc, lines)
    edits = find_edits(_as_in_cells(made.text.split("\n")), made.origins, _as_in_cells(lines))
    first = min((one.cell for one in made.origins if one), default=blocks[0].cell.number)
    held, now = imports_at_top(made.text), imports_at_top("\n".join(lines))
    more = (*docstring_edits(blocks, doc), *import_edits(blocks, held, now, first))
    return Wanted(made, lines, (*edits, *more))


def _as_in_cells(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines without the call that shows what a cell's last line gives."""
    return tuple(_SHOWN.sub(r"\1\2", line) for line in lines)


def sources(blocks: tuple[Block, ...], edits: Iterable[Edit]) -> dict[int, str]:
    """The new source of each cell that gets edits, by its number."""
    by_cell: dict[int, list[Edit]] = {}
    for edit in edits:
        by_cell.setdefault(edit.cell, []).append(edit)
    cells = {block.cell.number: block.cell for block in blocks}
    return {number: with_edits(cells[number].source, found) for number, found in by_cell.items()}


def clash(wanted: Mapping[str, Wanted], notebook: str) -> Problem | None:
    """Two modules that hold the same lines of a cell, each edited in its own way."""
    pair = clashing([edit for one in wanted.values() for edit in one.edits])
    if pair is None:
        return None
    paths = [path for path, one in wanted.items() if {*pair} & {*one.edits}]
    first, second = (" / ".join(edit.lines) or "(taken out)" for edit in pair)
    shown = f"{' and '.join(paths)} hold the same lines of cell {pair[0].cell}:\n{first}\n{second}"
    return _conflict(paths[0], notebook, shown)


def unproven(wanted: Wanted, made: File | None, notebook: str) -> Problem | None:
    """Why the edited notebook does not give the module as it was edited; None where it does."""
    path = wanted.rendered.path
    if made is not None and is_proven(tuple(wanted.rendered.text.split("\n")), wanted.lines, made):
        return None
    after = made.text.split("\n") if made else []
    names = f"{path} (as edited)", f"{path} (as '{notebook}' would give it)"
    lines = list(unified_diff(wanted.lines, after, *names, lineterm="", n=2))
    more = [f"... and {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    message = f"an edit of '{path}' has no place in '{notebook}'"
    hint = "make the module so that nothing differs here, or make the edit in the notebook."
    shown = "\n".join([message, *lines[:_SHOWN_LINES], *more])
    return Problem("NBS502", shown, Place(path), hint)


def _unknown(edited: Edited, notebook: str) -> Problem:
    path = edited.made.path
    names = f"{path} (as edited)", f"{path} (from '{notebook}' as it is now)"
    old, new = edited.text.split("\n"), edited.made.text.split("\n")
    lines = list(unified_diff(old, new, *names, lineterm="", n=2))[:_SHOWN_LINES]
    said = "what nbstage last wrote there is not in git, so the edits can't be told apart"
    return _conflict(path, notebook, "\n".join([said, *lines]))


def _conflict(path: str, notebook: str, shown: str) -> Problem:
    message = f"'{path}' and '{notebook}' were both edited\n{shown}"
    hint = f"make these lines alike in '{path}' and in the notebook, then sync again."
    return Problem("NBS501", message, Place(path), hint)
