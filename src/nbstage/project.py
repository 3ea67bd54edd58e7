"""Which notebooks of a project are meant."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from nbstage.errors import UserError
from nbstage.model import Config

DEFAULT_PATTERN = "notebooks/*.ipynb"

# A notebook is JSON, but a look for the tags must not cost a parse of 50 MB of outputs. In the text
# of a string a quote is escaped, so this finds tags, not sentences about tags.
_TAGS = re.compile(rb'"tags"\s*:\s*\[[^\]]*?"(?:[Ss]tages?|step|block)[: ]')
_TAG_LINES = re.compile(rb'(?:"|\\n|\n)#\|\s*(?:[Ss]tages?|step|block)\s*:')
_SCRIPT_TAGS = re.compile(rb'(?m)^# %%.*\btags\s*=\s*\[.*?"(?:[Ss]tages?|step|block)[: ]')


def find_notebooks(root: Path, config: Config) -> tuple[str, ...]:
    """Return the project's notebooks, relative to its root and sorted.

    Those are the paths listed in `[tool.nbstage] notebooks`; of a pattern's matches (default:
    notebooks/*.ipynb) those that carry stage tags or have stages in dvc.yaml already, so that a
    notebook whose tags got lost is still looked at. Raises UserError if there is none.
    """
    listed = config.notebooks or (DEFAULT_PATTERN,)
    known = _text_of(root / "dvc.yaml")
    found: set[str] = set()
    for entry in listed:
        if _is_pattern(entry) and not (root / entry).is_file():
            found.update(path for path in _matches(root, entry) if _is_meant(root, path, known))
        else:
            found.add(_existing(root, entry, "pyproject.toml lists it under [tool.nbstage]"))
    if not found:
        raise UserError(
            f"no notebook with stage tags matches {', '.join(repr(entry) for entry in listed)}",
            "tag a notebook's cells (`stage:load`, `stage:train`...), or name the notebook.",
        )
    return tuple(sorted(found))


def other_notebooks(root: Path, config: Config, named: Collection[str]) -> tuple[str, ...]:
    """Return the project's notebooks besides those named, as far as they are there."""
    known = _text_of(root / "dvc.yaml")
    found = set(re.findall(r"""(?m)^\s*notebook:\s*["']?(.+?)["']?\s*$""", known))
    for entry in config.notebooks or (DEFAULT_PATTERN,):
        if _is_pattern(entry):
            found.update(path for path in _matches(root, entry) if _is_meant(root, path, known))
        else:
            found.add(entry)
    return tuple(sorted(path for path in found - set(named) if (root / path).is_file()))


def name_notebooks(root: Path, folder: Path, names: Iterable[str]) -> tuple[str, ...]:
    """Return the notebooks the user named in `folder`, relative to the root, each once.

    A folder stands for the notebooks in it that carry stage tags. Raises UserError for what is
    missing or outside the project.
    """
    paths: list[str] = []
    for name in names:
        path = _relative(root, folder / name, name)
        if (root / path).is_dir():
            paths += _tagged_in(root, path, name)
        else:
            paths.append(_existing(root, path, f"you named '{name}'"))
    return tuple(dict.fromkeys(paths))


def _tagged_in(root: Path, path: str, name: str) -> list[str]:
    known = _text_of(root / "dvc.yaml")
    inside = _matches(root, "*.ipynb", path)
    found = sorted(notebook for notebook in inside if _is_meant(root, notebook, known))
    if not found:
        raise UserError(
            f"'{name}' has no notebook with stage tags in it",
            "tag a notebook's cells (`stage:load`, `stage:train`...), or name the notebook.",
        )
    return found


def _relative(root: Path, path: Path, name: str) -> str:
    """Links are followed only if the path as written leads outside: the user's names stay."""
    for real in (os.path.abspath, os.path.realpath):
        try:
            return Path(real(path)).relative_to(real(root)).as_posix()
        except ValueError:
            continue
    raise UserError(
        f"'{name}' is outside the project in '{root}'",
        "move the notebook into the project, or run the command in the project it belongs to.",
    )


def _existing(root: Path, path: str, why: str) -> str:
    if (root / path).is_file():
        return path
    folders = dict.fromkeys((PurePosixPath(path).parent.as_posix(), "notebooks", "."))
    others = [other for folder in folders for other in _matches(root, "*.ipynb", folder)]
    near = difflib.get_close_matches(path, others, n=1, cutoff=0.7)
    hint = f"did you mean '{near[0]}'?" if near else "look at the path and its spelling."
    raise UserError(f"there is no notebook '{path}' ({why})", hint)


def _matches(root: Path, pattern: str, folder: str = ".") -> Iterator[str]:
    """Files only, and none from hidden folders such as .ipynb_checkpoints and .venv."""
    try:
        found = list((root / folder).glob(pattern))
    except ValueError as error:
        raise UserError(
            f"'{pattern}' is no pattern for paths: {error}", "write it like 'notebooks/*.ipynb'."
        ) from None
    for path in found:
        relative = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            yield relative.as_posix()


def _is_pattern(entry: str) -> bool:
    return any(ch in entry for ch in "*?[")


def _is_meant(root: Path, path: str, known: str) -> bool:
    named = rf"""^\s*notebook:\s*["']?{re.escape(path)}["']?\s*$"""
    return re.search(named, known, re.MULTILINE) is not None or _carries_tags(root / path)


def _carries_tags(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        # Reading it properly will say what is the matter.
        return True
    marks = (_SCRIPT_TAGS, _TAG_LINES) if path.suffix == ".py" else (_TAGS, _TAG_LINES)
    return any(mark.search(content) for mark in marks)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
