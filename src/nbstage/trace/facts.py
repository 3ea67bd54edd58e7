"""Facts as a file beside the notebook: one text for the same facts, and a small diff for others."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any

from nbstage.errors import UserError
from nbstage.model import CellFacts, CellKind, Facts, Notebook
from nbstage.notebook.words import tag_lines

SCHEMA = 1
_ABOUT_THE_SAME = 2.0
_SHORT = 0.1
_CODE = (".py", ".pyc", ".so")  # modules are found by their imports


def code_key(source: str) -> str:
    """The key of a cell's facts: a hash of its source without tag lines and trailing blanks."""
    ours = tag_lines(source)
    lines = (
        line.rstrip() for number, line in enumerate(source.split("\n"), 1) if number not in ours
    )
    text = "\n".join(lines).strip("\n")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def trace_path(notebook: str) -> str:
    """Where a notebook's facts are kept, relative to the root."""
    return f"{posixpath.splitext(notebook)[0]}.trace.json"


def by_key(facts: Facts) -> dict[tuple[str, int], CellFacts]:
    """The facts by code and, among cells with the same code, by position from 0."""
    return dict(zip(_keys(facts), facts.cells, strict=True))


def facts_of_cells(notebook: Notebook, facts: Facts | None, workdir: str) -> dict[int, CellFacts]:
    """The facts that hold for the notebook as it is, by the number of the cell.

    An edited cell has none. Of files there are those of the project, relative to the folder that
    the notebook runs in.
    """
    if facts is None:
        return {}
    known = by_key(facts)
    seen: Counter[str] = Counter()
    found = {}
    for cell in notebook.cells:
        if cell.kind is CellKind.CODE:
            key = code_key(cell.source)
            one = known.get((key, seen[key]))
            seen[key] += 1
            if one is not None:
                found[cell.number] = _from_workdir(one, workdir)
    return found


def _from_workdir(facts: CellFacts, workdir: str) -> CellFacts:
    return replace(
        facts,
        reads=_inside(facts.reads, workdir),
        writes=_inside(facts.writes, workdir),
    )


def _inside(paths: tuple[str, ...], workdir: str) -> tuple[str, ...]:
    return tuple(
        posixpath.relpath(path, workdir)
        for path in paths
        if not path.startswith(("/", "~")) and ":" not in path and not path.endswith(_CODE)
    )


def _keys(facts: Facts) -> Iterator[tuple[str, int]]:
    seen: Counter[str] = Counter()
    for cell in facts.cells:
        yield cell.code, seen[cell.code]
        seen[cell.code] += 1


def cell_facts(data: dict[str, Any]) -> CellFacts:
    """Plain data as facts. Any: JSON. Raises ValueError where the data is something else."""
    values: dict[str, Any] = {}
    for field in fields(CellFacts):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if field.name not in data and default is not MISSING:
            continue
        values[field.name] = _as(field.name, default, data.get(field.name))
    return CellFacts(**values)


def _as(name: str, default: object, value: Any) -> Any:
    match default, value:
        case tuple(), list() if name == "shares":
            if all(isinstance(group, list) and _are_texts(group) for group in value):
                return tuple(tuple(group) for group in value)
        case tuple(), list() if _are_texts(value):
            return tuple(value)
        case dict(), dict() if _are_texts(value.values()):
            return value
        case float(), float() | int() if not isinstance(value, bool):
            return float(value)
        case int(), int() if not isinstance(value, bool):
            return value
        case (str() | object(), str()) if name in ("code", "raised"):
            return value
    raise ValueError(f"'{name}' is not what it should be")


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def facts_as_data(cell: CellFacts) -> dict[str, Any]:
    """Facts as JSON has them. What did not happen is left out."""
    found = {key: value for key, value in asdict(cell).items() if value or key == "code"}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def facts_as_text(facts: Facts) -> str:
    """The file's text."""
    cells = [facts_as_data(cell) for cell in facts.cells]
    data = {"schema": SCHEMA, "notebook": facts.notebook, "cells": cells}
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def facts_from_text(text: str) -> Facts:
    """What `facts_as_text` wrote. Raises ValueError for anything else."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"it is not of schema {SCHEMA}")
    notebook, cells = data.get("notebook"), data.get("cells")
    if not isinstance(notebook, str) or not isinstance(cells, list):
        raise ValueError("it has no 'notebook' or no 'cells'")
    if not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("'cells' is not a list of objects")
    return Facts(notebook, tuple(map(cell_facts, cells)))


def read_facts(root: Path, notebook: str) -> Facts | None:
    """The facts kept for a notebook; None if none are. Raises UserError for a strange file."""
    path = trace_path(notebook)
    try:
        return facts_from_text((root / path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(
            f"'{path}' can't be read: {error.strerror}", "look at the file's permissions."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"'{path}' holds no facts that this version can read: {error}",
            f"delete it, then run `nbstage trace {notebook}`.",
        ) from None


def write_facts(root: Path, facts: Facts) -> bool:
    """Keep the facts; whether the file changed. A crash leaves it whole, old or new."""
    path = root / trace_path(facts.notebook)
    text = facts_as_text(facts)
    if path.is_file() and path.read_bytes() == text.encode():
        return False
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"'{trace_path(facts.notebook)}' can't be written: {error.strerror}",
            "look at the folder's permissions and the space on the disk.",
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    return True


def keep_figures(new: Facts, old: Facts | None) -> Facts:
    """The new facts with the old seconds and megabytes where nothing else is new and they are
    about the same: to trace an unchanged notebook changes nothing.
    """
    if old is None:
        return new
    before = by_key(old)
    return replace(
        new, cells=tuple(_kept(cell, before.get(key)) for key, cell in by_key(new).items())
    )


def _kept(new: CellFacts, old: CellFacts | None) -> CellFacts:
    if old is None:
        return new
    same = replace(new, seconds=old.seconds, peak_mb=old.peak_mb)
    near = _near(new.seconds, old.seconds) and _near(new.peak_mb, old.peak_mb)
    return same if same == old and near else new


def _near(one: float, other: float) -> bool:
    low, high = sorted((one, other))
    return high <= _SHORT or high <= low * _ABOUT_THE_SAME
