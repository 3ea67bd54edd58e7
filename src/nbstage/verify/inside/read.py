"""Stored values read back."""

from __future__ import annotations

from pathlib import Path

from nbstage.runtime.formats import read
from nbstage.runtime.pickled import REFUSALS


class Unreadable(Exception):
    """A file that holds no value that this process can make."""


def read_value(path: str) -> object:
    """The value in a file, by what it begins with. Raises Unreadable, which names the file."""
    try:
        return read(path)
    except FileNotFoundError:
        raise Unreadable(_why(path)) from None
    except (*REFUSALS, OSError) as error:
        told = str(error).strip().partition("\n")[0][:200]
        what = f"{type(error).__name__}: {told}" if told else type(error).__name__
        raise Unreadable(f"'{Path(path).name}' can't be read: {what}") from None


def _why(path: str) -> str:
    """What the recorder says of a value that it could not keep."""
    told = Path(f"{path}.why")
    if told.exists():
        return told.read_text(encoding="utf-8", errors="replace")
    return f"there is no '{Path(path).name}'"
