"""Where a path of the project really is, and what stands there."""

from __future__ import annotations

import stat
from pathlib import Path

from nbstage.errors import UserError


def locate(root: Path, path: str) -> Path:
    """The file that a path means, links followed. Raises UserError if it is outside the project."""
    base = root.resolve()
    try:
        target = (base / path).resolve()
    # A ring of links is a RuntimeError in Python 3.11 and 3.12, a NUL in the path a ValueError.
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"'{path}' leads nowhere: {error}", "remove it, then run again.") from None
    if target == base or not target.is_relative_to(base):
        hint = "replace the link by a file of the project's own, then run again."
        raise UserError(f"'{path}' leads out of the project's folder", hint)
    return target


def read(root: Path, path: str) -> str | None:
    """A file's text, line ends and all; None for no file.

    Bytes that are not UTF-8 become lone surrogates, so that nothing of the file is lost.
    Raises UserError for what is there but is no file, lies outside the project, or may not be read.
    """
    target = locate(root, path)
    try:
        mode = target.stat().st_mode
        if stat.S_ISREG(mode):
            return target.read_bytes().decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        hint = "make it readable, then run again."
        raise UserError(f"cannot read '{path}': {error.strerror}", hint) from None
    kind = "a folder" if stat.S_ISDIR(mode) else "no plain file"
    raise UserError(f"'{path}' is {kind}", "move it out of the way, then run again.")
