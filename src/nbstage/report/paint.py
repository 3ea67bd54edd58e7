"""Colours, where the terminal has them."""

from __future__ import annotations

from collections.abc import Callable

# From a text and what it stands for ("error", "added"...) to the text as the terminal has it.
Paint = Callable[[str, str], str]

_CODES = {
    "error": "1;31",
    "note": "1;36",
    "caret": "1;31",
    "hint": "32",
    "name": "1",
    "dim": "2",
    "added": "32",
    "removed": "31",
    "changed": "33",
}


def plain(text: str, role: str) -> str:
    """Return `text` as it is: for files, pipes and NO_COLOR."""
    return text


def colour(text: str, role: str) -> str:
    """Return `text` in the colour of its role."""
    code = _CODES.get(role)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
