"""A notebook's file as a `Notebook`: nbformat 4, nbformat 3 and percent scripts."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from nbstage.errors import UserError
from nbstage.model import Notebook, Place, Problem
from nbstage.notebook.document import read_document
from nbstage.notebook.percent import has_cells, read_percent

_LONGEST_LINE = 120


def read(path: Path, root: Path) -> Notebook | tuple[Problem, ...]:
    """Give the notebook at `path`, or all that keeps the file from being one.

    Raises UserError where there is no file to read.
    """
    name = _relative(path, root)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"there is no notebook '{name}'", "check the path.") from None
    except IsADirectoryError:
        raise UserError(f"'{name}' is a folder", "name a notebook in it.") from None
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise UserError(f"'{name}' can't be read: {reason}", "check its permissions.") from None
    return parse_notebook(data, name)


def parse_notebook(data: bytes, name: str) -> Notebook | tuple[Problem, ...]:
    """Give the notebook that a file's bytes hold; `name` is its path from the root."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(name, line=data.count(b"\n", 0, error.start) + 1)
        hint = "save it as UTF-8."
        return (Problem("NBS101", "the file is not UTF-8 text", place, hint),)
    if name.endswith(".py"):
        return _script(text.replace("\r\n", "\n").replace("\r", "\n"), name)
    if not text.strip():
        hint = "restore it from git, or save the notebook again in Jupyter."
        return (Problem("NBS102", "the file is empty", Place(name), hint),)
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        return (_not_json(error, text, name),)
    except (ValueError, RecursionError):
        hint = "save the notebook again in Jupyter."
        return (Problem("NBS101", "the file is not JSON that can be read", Place(name), hint),)
    return read_document(document, name)


def _script(text: str, name: str) -> Notebook | tuple[Problem, ...]:
    if not has_cells(text):
        hint = "begin each cell with a line `# %%`, as jupytext does."
        return (Problem("NBS102", "the script has no cells", Place(name), hint),)
    cells, problems = read_percent(text.replace("\0", "\N{REPLACEMENT CHARACTER}"), name)
    return problems or Notebook(name, cells)


def _not_json(error: json.JSONDecodeError, text: str, name: str) -> Problem:
    """Say where the JSON ends or breaks, and why that may be."""
    start = text.rfind("\n", 0, error.pos) + 1
    offset = error.pos - start
    shift = max(0, offset - _LONGEST_LINE // 2)
    line = re.split(r"[\r\n]", text[start + shift : start + shift + _LONGEST_LINE])[0]
    column = min(offset - shift, len(line))
    place = Place(name, None, error.lineno, column, column + 1, line)
    if re.search(r"^(<<<<<<<|>>>>>>>) ", text, re.MULTILINE):
        hint = "it holds the marks of a merge conflict: resolve it, for instance with `nbdime`."
        return Problem("NBS101", "the file is not JSON", place, hint)
    if text.startswith("version https://git-lfs"):
        hint = "it stands for a file in Git LFS: run `git lfs pull`."
        return Problem("NBS101", "the file is not JSON", place, hint)
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        hint = "it was cut off: restore it from git, or save the notebook again in Jupyter."
        return Problem("NBS101", "the file ends in the middle of its JSON", place, hint)
    hint = "restore it from git, or save the notebook again in Jupyter."
    message = f"the file is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
    return Problem("NBS101", message, place, hint)


def _relative(path: Path, root: Path) -> str:
    """Give the path from the root, with forward slashes, whatever symbolic links lie between."""
    for start, end in ((path.absolute(), root.absolute()), (path.resolve(), root.resolve())):
        normal = Path(os.path.normpath(start))
        if normal.is_relative_to(os.path.normpath(end)):
            return normal.relative_to(os.path.normpath(end)).as_posix()
    raise UserError(
        f"'{path}' is not in the project", "move the notebook into the project's folder."
    )
