"""The folder that CI kept: `report.md`, `gate.txt` if the gate ran, `number.txt`. An edge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbstage.compare.told.markdown import MARKER, MOST_CHARS
from nbstage.errors import UserError

_CUT = "\n\n*The rest is left out: a comment holds no more.*\n"
#: Far more than a comment holds; what is larger is no report.
_MOST_BYTES = 4_000_000
_HINT = "the folder is what the workflow CI kept as 'report'; look at that run."


@dataclass(frozen=True, slots=True)
class Kept:
    """The number of a pull request, as the folder claims it, and the comment's text."""

    number: int
    body: str


def read_kept(folder: Path) -> Kept:
    """What is in the folder. Raises UserError for what is missing or isn't what it should be.

    No link is followed: it could lead to a secret of the machine.
    """
    number = _read(folder / "number.txt").strip()
    if not re.fullmatch(r"[1-9][0-9]{0,9}", number, re.ASCII):
        raise UserError(f"'{folder / 'number.txt'}' holds no pull request's number", _HINT)
    report = _read(folder / "report.md")
    if not report.startswith(f"{MARKER}\n"):
        raise UserError(f"'{folder / 'report.md'}' is no report: its first line isn't one's", _HINT)
    gate = folder / "gate.txt"
    return Kept(int(number), comment(report, _read(gate) if gate.exists() else ""))


def comment(report: str, gate: str) -> str:
    """The report with what the gate said above it, as much of it as a comment holds."""
    rest = report.removeprefix(f"{MARKER}\n")
    body = f"{MARKER}\n{_fenced(gate)}{rest}"
    return body if len(body) <= MOST_CHARS else body[: MOST_CHARS - len(_CUT)] + _CUT


def _fenced(text: str) -> str:
    """A text of any content as a block that it can't end; at most half of a comment."""
    if not text.strip():
        return ""
    shown = text.strip("\n").replace("```", "'''")[: MOST_CHARS // 2]
    return f"```text\n{shown}\n```\n\n"


def _read(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        raise UserError(f"'{path}' is no file", _HINT)
    if path.stat().st_size > _MOST_BYTES:
        raise UserError(f"'{path}' is too large", _HINT)
    return path.read_text(encoding="utf-8", errors="replace")
