"""What our lines look like within a file that the user has already. Pure."""

from __future__ import annotations

import json
import tomllib

from nbstage.errors import UserError

IGNORED = (".venv/", "__pycache__/", ".ipynb_checkpoints/", ".nbstage/lock")


def merge_gitignore(text: str) -> str:
    """Return a .gitignore with those of our lines at its end that it has in no spelling."""
    present = {_pattern(line) for line in text.splitlines()}
    missing = [line for line in IGNORED if _pattern(line) not in present]
    return _append(text, "\n".join(missing)) if missing else text


def merge_pyproject(text: str, patterns: tuple[str, ...]) -> str:
    """Return a pyproject.toml with a table [tool.nbstage] at its end, unless it has one.

    Raises UserError if it is no valid TOML, or so written that a table can't be added at its end.
    """
    if _has_table(text):
        return text
    listed = ", ".join(json.dumps(pattern, ensure_ascii=False) for pattern in patterns)
    table = (
        "[tool.nbstage]\n"
        "# Paths, and patterns: of their matches, the notebooks with stage tags are taken.\n"
        f"notebooks = [{listed}]\n"
        "\n"
        "# What `nbstage gate` asks: genuine numbers, and the limits that you write here.\n"
        "[tool.nbstage.gate]"
    )
    merged = _append(text, f"\n{table}" if text.strip() else table)
    try:
        tomllib.loads(merged)
    except tomllib.TOMLDecodeError:
        raise UserError(
            "pyproject.toml is written so that [tool.nbstage] can't be added at its end",
            f"add it by hand, then run `nbstage init` again: tool.nbstage.notebooks = [{listed}]",
        ) from None
    return merged


def _has_table(text: str) -> bool:
    try:
        tool = tomllib.loads(text).get("tool")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(
            f"pyproject.toml is not valid TOML: {error}", "correct the file at that place."
        ) from None
    return isinstance(tool, dict) and "nbstage" in tool


def _pattern(line: str) -> str:
    """`.venv`, `/.venv` and `.venv/` ignore the same folder."""
    return line.strip().strip("/")


def _append(text: str, lines: str) -> str:
    """The text with further lines at its end, its line endings kept."""
    newline = "\r\n" if "\r\n" in text else "\n"
    start = text if not text or text.endswith("\n") else text + newline
    return start + (lines + "\n").replace("\n", newline)
