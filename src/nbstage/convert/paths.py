"""Paths as the notebook writes them -> paths relative to the project's root."""

from __future__ import annotations

import posixpath
import re

_WINDOWS = re.compile(r"^[A-Za-z]:[\\/]|^\\\\")


def from_root(path: str, workdir: str) -> str:
    """A path that user code opens in `workdir`, as seen from the project's root."""
    if _WINDOWS.match(path) or path.startswith(("/", "~")):
        return path
    return posixpath.normpath(posixpath.join(workdir, path.replace("\\", "/")))


def outside(path: str) -> bool:
    """Whether a path leads out of the project."""
    return path.startswith(("../", "/", "~")) or path == ".." or bool(_WINDOWS.match(path))
