"""Change files all or not at all: new ones are written beside the old, then take their places."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbstage.convert.disk import record
from nbstage.convert.disk.alone import alone
from nbstage.convert.disk.places import locate, read
from nbstage.errors import UserError
from nbstage.model import Action, Change

_NEW = ".nbstage-new"
_OLD = ".nbstage-old"


@dataclass(slots=True)
class _Undo:
    """What has to be taken back if a step fails: grows step by step, unlike all else here."""

    folders: list[Path] = field(default_factory=list)
    fresh: list[Path] = field(default_factory=list)
    done: list[tuple[Path, Path | None]] = field(default_factory=list)


def replace_all(root: Path, changes: tuple[Change, ...]) -> None:
    """Make all the changes, or none and raise UserError.

    Killed in between, each file is whole, old or new, and the next run completes the work.
    """
    with alone(root):
        steps = [(change, locate(root, change.path)) for change in _in_order(changes)]
        _check_unchanged(root, changes)
        _sweep({target.parent for _, target in steps})
        undo = _Undo()
        try:
            _make(steps, undo)
        except OSError as error:
            lost = _take_back(undo)
            raise _failed(root, error, lost) from None
        except BaseException:
            _take_back(undo)
            raise
        for _, backup in undo.done:
            if backup:
                backup.unlink(missing_ok=True)
        removed = [target for change, target in steps if change.action is Action.DELETE]
        _remove_empty_folders(root.resolve(), removed)


def _in_order(changes: tuple[Change, ...]) -> list[Change]:
    """First a record that knows the old files and the new, then the files, then the new record.

    Killed in between, every generated file so still counts as nbstage's own work.
    """
    files = [change for change in changes if change.path != record.PATH]
    records = [change for change in changes if change.path == record.PATH]
    meantime = [
        replace(change, after=record.either(change.before, change.after), action=Action.UPDATE)
        for change in records
        if files
    ]
    return [*meantime, *files, *records]


def _check_unchanged(root: Path, changes: tuple[Change, ...]) -> None:
    for change in changes:
        expected = None if change.action is Action.CREATE else change.before
        if read(root, change.path) != expected:
            message = f"'{change.path}' was changed while nbstage was at work; nothing was written"
            raise UserError(message, "run the command again.")


def _make(steps: list[tuple[Change, Path]], undo: _Undo) -> None:
    staged = [
        (
            target,
            None if change.action is Action.DELETE else _stage(target, change.after, number, undo),
        )
        for number, (change, target) in enumerate(steps)
    ]
    for number, (target, fresh) in enumerate(staged):
        backup = _beside(target, number, _OLD)
        if fresh is None:
            undo.done.append((target, backup))
            target.replace(backup)
        else:
            undo.done.append((target, backup if _back_up(target, backup) else None))
            fresh.replace(target)


def _stage(target: Path, text: str, number: int, undo: _Undo) -> Path:
    """Write a new file beside its target, with the target's mode, and give its path."""
    for folder in reversed([parent for parent in target.parents if not parent.exists()]):
        folder.mkdir()
        undo.folders.append(folder)
    fresh = _beside(target, number, _NEW)
    undo.fresh.append(fresh)
    try:
        with fresh.open("xb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        # A full disk is reported without the file's name.
        error.filename = error.filename or str(fresh)
        raise
    with suppress(FileNotFoundError):
        shutil.copymode(target, fresh)
    return fresh


def _back_up(target: Path, backup: Path) -> bool:
    """Keep the target under a second name; whether there was anything to keep."""
    try:
        os.link(target, backup)
    except FileNotFoundError:
        return False
    except OSError:
        # Not every file system knows hard links.
        shutil.copy2(target, backup)
    return True


def _take_back(undo: _Undo) -> list[Path]:
    """Put everything back as it was; the files for which that failed."""
    lost = []
    for target, backup in reversed(undo.done):
        try:
            if backup is None:
                target.unlink(missing_ok=True)
            elif backup.exists():
                backup.replace(target)
                # Two names of one file: then `replace` does nothing.
                backup.unlink(missing_ok=True)
        except OSError:
            lost.append(target)
    for fresh in undo.fresh:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    for folder in reversed(undo.folders):
        with suppress(OSError):
            folder.rmdir()
    return lost


def _failed(root: Path, error: OSError, lost: list[Path]) -> UserError:
    path = str(error.filename2 or error.filename or "")
    name = _shown(root, Path(path)) if path else "the files"
    message = f"cannot write '{name}': {error.strerror or error}"
    if lost:
        names = ", ".join(f"'{_shown(root, path)}'" for path in lost)
        hint = f"{names} could not be put back: first save the '*{_OLD}' file beside it."
        return UserError(message, hint)
    hints = {
        errno.ENOSPC: "free some space",
        errno.EDQUOT: "free some space",
        errno.EACCES: "make the folder writable",
        errno.EPERM: "make the folder writable",
        errno.EROFS: "make the folder writable",
    }
    todo = hints.get(error.errno or 0, "remove the cause")
    return UserError(message, f"nothing was changed; {todo}, then run again.")


def _shown(root: Path, path: Path) -> str:
    base = root.resolve()
    inside = path.relative_to(base) if path.is_relative_to(base) else path
    name = inside.name
    if name.endswith((_NEW, _OLD)):
        name = name[1:].rpartition(".nbstage-")[0].rpartition(".")[0]
    return inside.with_name(name).as_posix() if name else inside.as_posix()


def _beside(target: Path, number: int, ending: str) -> Path:
    return target.with_name(f".{target.name}.{number}{ending}")


def _sweep(folders: set[Path]) -> None:
    """Remove what a killed nbstage left."""
    for folder in folders:
        for ending in (_NEW, _OLD):
            for path in folder.glob(f".*{ending}"):
                with suppress(OSError):
                    path.unlink()


def _remove_empty_folders(base: Path, removed: list[Path]) -> None:
    """Remove the folders that removed modules leave empty, with what Python cached of these."""
    for target in removed:
        for cached in (target.parent / "__pycache__").glob(f"{target.stem}.*.pyc"):
            with suppress(OSError):
                cached.unlink()
        for folder in (target.parent / "__pycache__", *target.parents):
            if folder == base:
                break
            with suppress(OSError):
                folder.rmdir()
