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


#: What Windows keeps for devices: there no file has such a name, with whatever ending.
DEVICES = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)
_LONGEST = 100  # bytes; file systems take 255, and what is written first has a longer name


def shortened(name: str) -> str:
    """The name, or its beginning where it is too long for a file's."""
    raw = name.encode()
    return name if len(raw) <= _LONGEST else raw[:_LONGEST].decode("utf-8", "ignore")


def free_path(folder: str, stem: str, ending: str, taken: set[str]) -> str:
    """A path that every file system keeps apart from those taken; it is taken from now on.

    Many of them don't tell `df` from `DF`.
    """
    stem = shortened(stem)
    number = 1
    path = f"{folder}/{stem}{ending}"
    while path.casefold() in taken or (number == 1 and stem.casefold() in DEVICES):
        number += 1
        path = f"{folder}/{stem}-{number}{ending}"
    taken.add(path.casefold())
    return path
