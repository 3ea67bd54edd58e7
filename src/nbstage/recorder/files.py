# ruff: noqa: PTH100, PTH110, PTH111, PTH113, PTH118, PTH119, PTH120, PTH206
# os.path, for this runs after each cell.
"""Files that a cell read, wrote and listed, as the facts name them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nbstage.recorder.kinds import Owners

Stamp = tuple[int, int, int]

#: Folders in which nothing is the notebook's.
ASIDE = frozenset({"__pycache__", "node_modules", "site-packages"})
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/run/", "/usr/share/", "/usr/lib/", "/etc/", "/lib/")
_FONTS = (".ttf", ".otf", ".ttc", ".afm", ".pfb")
_BYTECODE = (".pyc", ".pyo", ".so", ".pyd", ".dylib")
_PASSING = re.compile(r"(tmp|joblib_|loky-|pymp-|nbstage-)[\w-]*")
_MOST_FILES = 20_000


@dataclass(slots=True)
class Used:
    """The files of one cell, sorted."""

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)


class Places:
    """What paths mean: which are the project's, which are none of the notebook's business."""

    def __init__(self, root: str, aside: str, owners: Owners) -> None:
        self.root = os.path.realpath(root)
        self.home = os.path.realpath(os.path.expanduser("~"))
        self.temporary = os.path.realpath(tempfile.gettempdir())
        self.aside = os.path.realpath(aside)
        self.owners = owners

    def name(self, path: str, folder: str) -> str:
        """The path as facts have it; "" for what does not count."""
        whole = os.path.abspath(os.path.join(folder, path))
        real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        if real == self.root:
            return "."
        if real.startswith(self.root + os.sep):
            inside = os.path.relpath(real, self.root).replace(os.sep, "/")
            return "" if is_aside(inside) or inside.endswith(_BYTECODE) else inside
        if self._is_machinery(real):
            return ""
        if real.startswith(self.home + os.sep):
            near = os.path.relpath(real, self.home).replace(os.sep, "/")
            return "" if near.startswith(".") else f"~/{near}"
        return real.replace(os.sep, "/")

    def _is_machinery(self, path: str) -> bool:
        if path.startswith((*_SYSTEM, self.aside)) or path.endswith((*_FONTS, *_BYTECODE)):
            return True
        if path.startswith(self.temporary + os.sep):
            first = os.path.relpath(path, self.temporary).split(os.sep)[0]
            return _PASSING.fullmatch(first) is not None
        return self.owners.is_library(path)


def is_aside(inside: str) -> bool:
    """Whether a path of the project is in a folder that tools keep for themselves."""
    *folders, name = inside.split("/")
    return any(part.startswith(".") or part in ASIDE for part in folders) or name in ASIDE


def sort_out(
    raw: Iterable[tuple[str, str, str]],
    before: dict[str, Stamp],
    after: dict[str, Stamp],
    places: Places,
) -> Used:
    """What the events and the project's files before and after the cell say together."""
    reads: set[str] = set()
    writes = {path for path in after if before.get(path) != after[path]}
    writes |= before.keys() - after.keys()
    own: set[str] = set()
    lists: set[str] = set()
    for kind, path, folder in raw:
        name, whole = places.name(path, folder), os.path.join(folder, path)
        if not name:
            continue
        if kind == "l":
            lists.add(name)
        elif kind == "r":
            made = name in own or (name in after and name not in before)
            reads |= {name} if not made and os.path.isfile(whole) else set()
        else:
            own.add(name)
            # A file that came and went within the cell is nobody's business.
            writes |= {name} if os.path.isfile(whole) or name in before else set()
    return Used(sorted(reads), sorted(writes), sorted(lists))


def stamps(root: str, shown_in: frozenset[int] = frozenset()) -> dict[str, Stamp]:
    """Size, time and number of each file of the project, of at most 20,000; by path.

    Without those numbers: files into which whoever traces writes what it shows.
    """
    found: dict[str, Stamp] = {}
    for entry in _walk(root):
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if status.st_ino in shown_in:
            continue
        path = os.path.relpath(entry.path, root).replace(os.sep, "/")
        found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        if len(found) >= _MOST_FILES:
            break
    return found


def _walk(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            yield entry
        elif not _is_tools(entry):
            yield from _walk(entry.path)


def _is_tools(folder: os.DirEntry[str]) -> bool:
    """Whether a folder is a tool's own, or an environment."""
    aside = folder.name.startswith(".") or folder.name in ASIDE
    return aside or os.path.exists(os.path.join(folder.path, "pyvenv.cfg"))
