"""Copies of a project to run things in, and what a run changed in them. An edge."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Folders that are left out wherever they stand: other tools' own, and what can be made again.
_LEFT_OUT = frozenset(
    {
        ".git",
        ".hypothesis",
        ".import_linter_cache",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        "__pycache__",
        "node_modules",
    }
)
# DVC's own of this machine, and its memory of what ran: in the copy everything is to run. And
# bundles of versions, which nothing of the pipeline reads.
_DVC = frozenset({".dvc/cache", ".dvc/tmp", ".dvc/config.local", "dvc.lock"})
_OURS = frozenset({".nbstage/bundles"})
_BIG = 1 << 16

State = dict[str, tuple[int, int, int]]


def copy_project(root: Path, target: Path, leave_out: frozenset[str]) -> None:
    """Copy a project without repositories, environments, caches and `leave_out` (paths relative to
    the root, files or folders).

    The files are the copy's own: whatever is done to them, the project's stay as they are. A link
    within the project stays one; what another link leads to is copied. Raises OSError.
    """
    target.mkdir(parents=True, exist_ok=True)
    _Copier(root.resolve(), _DVC | _OURS | leave_out).folder(root, target, "", (root.resolve(),))


@dataclass(frozen=True, slots=True)
class _Copier:
    root: Path
    skipped: frozenset[str]

    def folder(self, source: Path, target: Path, inside: str, above: tuple[Path, ...]) -> None:
        """Copy what is in a folder; `above` are the folders around it, which a link may lead to."""
        for path in sorted(source.iterdir()):
            relative, copy = f"{inside}{path.name}", target / path.name
            if relative in self.skipped or path.name in _LEFT_OUT:
                continue
            if path.is_symlink() and self._stays_inside(path):
                copy.symlink_to(path.readlink())
            elif path.is_dir():
                real = path.resolve()
                if real not in above and not (path / "pyvenv.cfg").exists():
                    copy.mkdir()
                    self.folder(path, copy, f"{relative}/", (*above, real))
            elif path.is_file():
                copy_file(path, copy)

    def _stays_inside(self, link: Path) -> bool:
        """Whether a link means the same in a copy: it is relative, and leads to a part of the
        project that is not left out.
        """
        end = link.resolve()
        if link.readlink().is_absolute() or not end.is_relative_to(self.root):
            return False
        parts = end.relative_to(self.root).parts
        return not _LEFT_OUT & {*parts} and parts[:1] != (".dvc",)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file with its times and permissions, by reference where the file system can."""
    if source.stat().st_size < _BIG or not _reflink(source, target):
        shutil.copyfile(source, target)
    with suppress(OSError):
        shutil.copystat(source, target)
    # DVC protects what it links from its cache; a copy is free to be changed.
    target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IWUSR)


def _reflink(source: Path, target: Path) -> bool:
    """Whether the file system shared the blocks until one of the two is written to."""
    try:
        import fcntl
    except ImportError:
        return False
    clone = 0x40049409  # FICLONE, on Linux
    try:
        with source.open("rb") as mine, target.open("wb") as yours:
            fcntl.ioctl(yours.fileno(), clone, mine.fileno())
    except OSError:
        return False
    return True


def state_of(folder: Path) -> State:
    """The files in a copy, each with what changes when it is written."""
    return {
        path: (info.st_mtime_ns, info.st_size, info.st_ino) for path, info in _files(folder, "")
    }


def changed(before: State, after: State) -> frozenset[str]:
    """The files that were made, written or removed."""
    return frozenset(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )


def _files(folder: Path, inside: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{inside}{entry.name}"
            if entry.name in _LEFT_OUT or path == ".dvc" or path in _DVC:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path), f"{path}/")
            else:
                yield path, entry.stat(follow_symlinks=False)
