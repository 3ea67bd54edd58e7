"""The project's files, opened with care: their content is a stranger's."""

from __future__ import annotations

import posixpath
import stat
from dataclasses import replace
from itertools import islice
from pathlib import Path

from nbstage.page.content import READERS, look_into
from nbstage.page.nouns import Glimpse

_MOST_MEMBERS, _MOST_ITEMS = 40, 5000


def glimpse(root: Path, path: str) -> Glimpse:
    """What is in a file of the project. Nothing outside of it is opened, nothing hidden, and
    nothing that would run code when it is read.
    """
    file = root / path
    if not _inside(root, path):
        return Glimpse(path, about="outside of the project, or hidden: not opened")
    try:
        found = file.stat()
        if stat.S_ISDIR(found.st_mode):
            return _folder(root, path)
        if not stat.S_ISREG(found.st_mode):
            return Glimpse(path, about="no regular file: not opened")
        ending = posixpath.splitext(path)[1].lower()
        look = replace(look_into(file, ending, found.st_size), path=path, size=found.st_size)
    except FileNotFoundError:
        return Glimpse(path, about="not there yet")
    except (OSError, ValueError) as error:
        return Glimpse(path, about=f"can't be read: {_reason(error)}")
    return look


def members(root: Path, path: str) -> tuple[str, ...]:
    """The files in a folder of the project that can be looked into; none for anything else."""
    folder = root / path
    if not _inside(root, path) or folder.is_symlink() or not folder.is_dir():
        return ()
    items = islice(folder.rglob("*"), _MOST_ITEMS)
    found = sorted(item for item in items if item.suffix.lower() in READERS)
    return tuple(item.relative_to(root).as_posix() for item in found[:_MOST_MEMBERS])


def _folder(root: Path, path: str) -> Glimpse:
    items = list(islice((root / path).rglob("*"), _MOST_ITEMS + 1))
    if len(items) > _MOST_ITEMS:
        return Glimpse(path, about=f"a folder of more than {_MOST_ITEMS:,} files")
    sizes = [item.lstat().st_size for item in items if item.is_file()]
    return Glimpse(path, sum(sizes), about=f"a folder of {len(sizes)} files")


def _inside(root: Path, path: str) -> bool:
    """Whether the path stays in the project, past all links, and names nothing hidden.

    DVC may have linked a file to its cache, which is hidden but holds nothing else.
    """
    if posixpath.isabs(path) or "\0" in path:
        return False
    parts = posixpath.normpath(path).split("/")
    if any(part.startswith(".") for part in parts):
        return False
    try:
        home, target = root.resolve(), (root / path).resolve()
    except (OSError, RuntimeError):
        return False
    if not target.is_relative_to(home):
        return False
    within = target.relative_to(home).parts
    cached = within[:2] == (".dvc", "cache")
    return cached or not any(part.startswith(".") for part in within)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
