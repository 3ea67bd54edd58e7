"""Which names a stage may have, and what to call it instead."""

from __future__ import annotations

import keyword
import re
import unicodedata

# Modules and functions that the generated package has already.
_TAKEN = frozenset({"checks", "helpers", "main"})
# What Windows keeps for devices: there no file has such a name, with whatever ending.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)
_LONGEST = 80
_SPELLED = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}


def name_fault(name: str) -> str:
    """Say what keeps the name from being a stage's, or give ""."""
    if keyword.iskeyword(name):
        return "is a word of Python's own"
    if name in _TAKEN:
        return "is what nbstage calls a part of the pipeline itself"
    if name.casefold() in _DEVICES:
        return "is what Windows calls a device, so that it can't have such a file"
    if not name.isascii():
        return "has letters other than a to z"
    if not name.isidentifier():
        return "is no Python name"
    if name.startswith("_"):
        return "begins with an underscore"
    if len(name) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    return ""


def proposed_name(name: str) -> str:
    """Give a name that a stage may have and that looks like this one, or "" if nothing is left."""
    spelled = "".join(_SPELLED.get(char, char) for char in unicodedata.normalize("NFC", name))
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    words = re.sub(r"\W+", "_", plain).strip("_")[:_LONGEST]
    if not words:
        return ""
    if words[0].isdigit():
        words = f"stage_{words}"
    return words if not name_fault(words) else f"{words}_stage"
