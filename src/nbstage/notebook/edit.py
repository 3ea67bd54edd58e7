"""Changes of a notebook's text, cell by cell: all bytes that a change is not about stay."""

from __future__ import annotations

import json
from dataclasses import replace

from nbstage.errors import UserError
from nbstage.model import Cell, CellKind, Notebook
from nbstage.notebook.edit_percent import script_with_source, script_with_tags
from nbstage.notebook.json_text import (
    Member,
    array,
    elements,
    indent_step,
    member,
    members,
    quoted,
    space_before,
    starts,
)
from nbstage.notebook.percent import has_cells
from nbstage.notebook.read import parse_notebook


def set_source(text: str, cell_number: int, source: str) -> str:
    """The notebook's text with another source in one cell (counted from 1); lines that stay keep
    their bytes. `text` is the file's, line ends and all: an `.ipynb` or a percent script.

    Raises UserError where the file has no form for such a cell, or no such cell.
    """
    held = _cell(text, cell_number)
    if source == held.source:
        return text
    change = script_with_source if has_cells(text) else _json_with_source
    return _verified(text, change(text, cell_number, source), replace(held, source=source))


def set_tags(text: str, cell_number: int, tags: tuple[str, ...]) -> str:
    """The notebook's text with these tags, and no others, at one cell (counted from 1).

    Raises UserError where the file has no form for such a cell, or no such cell.
    """
    held = _cell(text, cell_number)
    if tags == held.tags:
        return text
    change = script_with_tags if has_cells(text) else _json_with_tags
    return _verified(text, change(text, cell_number, tags), replace(held, tags=tags))


def _json_with_source(text: str, cell_number: int, source: str) -> str:
    cell = list(starts(text))[cell_number - 1]
    found = member(text, cell, "source") or member(text, cell, "input")
    if found is None:
        raise _no_form(cell_number)
    if text[found.start] == '"':
        return text[: found.start] + quoted(source, text) + text[found.end :]
    held = [text[start:end] for start, end in elements(text, found.start)]
    raw = {_line(one): one for one in held}
    lines = [raw.get(line) or quoted(line, text) for line in source.splitlines(keepends=True)]
    value = array(lines, space_before(text, found.at), indent_step(text, cell))
    return text[: found.start] + value + text[found.end :]


def _line(raw: str) -> str:
    line = json.loads(raw)
    return line.replace("\r\n", "\n") if isinstance(line, str) else ""


def _json_with_tags(text: str, cell_number: int, tags: tuple[str, ...]) -> str:
    cell = list(starts(text))[cell_number - 1]
    step = indent_step(text, cell)
    items = [quoted(tag, text) for tag in tags]
    metadata = member(text, cell, "metadata")
    if metadata is None:
        outer = space_before(text, members(text, cell)[0].at)
        value = _object("tags", array(items, outer + step, step), outer, step)
        return _with_member(text, cell, "metadata", value)
    held = member(text, metadata.start, "tags")
    if held is not None:
        value = array(items, space_before(text, held.at), step)
        return text[: held.start] + value + text[held.end :]
    outer = space_before(text, metadata.at)
    if not members(text, metadata.start):
        value = _object("tags", array(items, outer + step, step), outer, step)
        return text[: metadata.start] + value + text[metadata.end :]
    inner = space_before(text, members(text, metadata.start)[0].at)
    return _with_member(text, metadata.start, "tags", array(items, inner, step))


def _object(key: str, value: str, outer: str, step: str) -> str:
    inner = outer + step if "\n" in outer else ""
    return f'{{{inner}"{key}": {value}{outer if inner else ""}}}'


def _with_member(text: str, at: int, key: str, value: str) -> str:
    """The object at `at` with one more member: in its place if the keys are in order, as Jupyter
    writes them, else as the last.
    """
    held = members(text, at)
    keys = [one.key for one in held]
    later = [one for one in held if one.key > key] if keys == sorted(keys) else []
    space = space_before(text, held[0].at)
    if later:
        gap = space or space_before(text, held[1].at if len(held) > 1 else held[0].at)
        return f'{text[: later[0].at]}"{key}": {value},{gap or " "}{text[later[0].at :]}'
    end = _last(held).end
    return f'{text[:end]},{space or " "}"{key}": {value}{text[end:]}'


def _last(held: tuple[Member, ...]) -> Member:
    return max(held, key=lambda one: one.end)


def _cell(text: str, cell_number: int) -> Cell:
    for cell in _cells(text):
        if cell.number == cell_number:
            return cell
    raise UserError(f"the notebook has no cell {cell_number}", "count all its cells from 1.")


def _cells(text: str) -> tuple[Cell, ...]:
    name = "notebook.py" if has_cells(text) else "notebook.ipynb"
    found = parse_notebook(text.encode("utf-8", "surrogateescape"), name)
    if not isinstance(found, Notebook):
        raise UserError("the notebook can't be read", "`nbstage check` says why.")
    return found.cells


def _verified(text: str, changed: str, wanted: Cell) -> str:
    """The changed text if it says what is wanted and no other cell differs."""
    expected = [wanted if one.number == wanted.number else one for one in _cells(text)]
    shown = _shown_in_script if has_cells(text) else _shown
    if [shown(one) for one in _cells(changed)] != [shown(one) for one in expected]:
        raise _no_form(wanted.number)
    return changed


def _shown(cell: Cell) -> tuple[CellKind, str, tuple[str, ...]]:
    return cell.kind, cell.source, cell.tags


def _shown_in_script(cell: Cell) -> tuple[CellKind, str, tuple[str, ...]]:
    """There blank lines at a cell's end are no part of it."""
    return cell.kind, cell.source.rstrip(), cell.tags


def _no_form(cell_number: int) -> UserError:
    message = f"the change of cell {cell_number} can't be written into the notebook's file"
    return UserError(message, "make it in the notebook.")
