"""The files that DVC keeps while it reproduces: YAML, and who reads and writes what."""

from __future__ import annotations

import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstage.repro.inside.exchange import exchanged
from nbstage.repro.inside.leftovers import named
from nbstage.repro.inside.parameters import parsed_once, remembering
from nbstage.repro.inside.plain import plain_yaml

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage


@contextmanager
def quickened(guard: Guard) -> Iterator[None]:
    """DVC with some of its parts exchanged for as long as one process reproduces many stages.

    Files of parameters are parsed once for each version; who reads and writes what is told to
    others only while they may look; YAML files are replaced whole, and plain ones made without its
    writer; what a killed process leaves beside results is known by its name; and the database of
    what lies in the workspace stays open.
    """
    import dvc.dependency.param as params
    import dvc.dvcfile as dvcfile
    import dvc.rwlock as rwlock
    import dvc.utils.serialize as serialize
    import dvc_objects.fs.local as local
    import dvc_objects.fs.utils as utils
    from diskcache import Cache

    with ExitStack() as stack:
        for owner, name, new in (
            (params, "load_path", parsed_once(params.load_path)),
            (params, "read_param_file", remembering(params.read_param_file)),
            (dvcfile, "dump_yaml", _whole(dvcfile.dump_yaml, guard.folder)),
            (serialize, "dump_yaml", _whole(serialize.dump_yaml, guard.folder)),
            (rwlock, "rwlock", guard.checked),
            (local, "tmp_fname", named(utils.tmp_fname)),
            (utils, "tmp_fname", named(utils.tmp_fname)),
            (Cache, "__exit__", _left_open),
        ):
            stack.enter_context(exchanged(owner, name, new))
        yield


def _left_open(*_: object) -> None:
    """Keep a database open; DVC's `Repo` closes it in the end."""


def _whole(dump: Callable[..., None], through: Path) -> Callable[..., None]:
    """`dump_yaml` that replaces a file in one step: old or new, whenever the process ends."""

    def dump_yaml(path: str, data: object, fs: object = None, **options: object) -> None:
        if fs is not None and getattr(fs, "protocol", "local") != "local":
            dump(path, data, fs=fs, **options)
        else:
            replace_text(Path(path), dumped(data), through)

    return dump_yaml


def dumped(data: object) -> str:
    """Data as DVC writes it."""
    plain = plain_yaml(data)
    if plain is not None:
        return plain
    from dvc.utils.serialize import dumps_yaml

    text: str = dumps_yaml(data)
    return text


def replace_text(path: Path, text: str, through: Path) -> None:
    """Give a file a new text in one step; a link stays one, and the file keeps its mode.

    The new one is made in the folder `through`, where nobody minds what a killed process leaves.
    """
    target = path.resolve()
    if through.stat().st_dev != target.parent.stat().st_dev:
        through = target.parent
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=through, prefix="nbstage-", delete=False
    ) as new:
        try:
            new.write(text)
            new.flush()
            Path(new.name).chmod(_mode(target))
            Path(new.name).replace(target)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o7777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


class Guard:
    """Who reads and writes what, in DVC's file for it, while the project is not locked.

    DVC writes each stage's paths into `.dvc/tmp/rwlock` and takes them out again. That is only
    looked at by who holds the project's lock: so it is enough to write down what runs before the
    lock is given up, and to look for others' entries after it was taken.
    """

    def __init__(self, repo: Repo) -> None:
        import sys

        self._repo = repo
        self.folder = Path(repo.tmp_dir)
        self._info = {"pid": os.getpid(), "cmd": " ".join(sys.argv)}
        self._running: dict[str, tuple[list[str], list[str]]] = {}
        self._others = self._look()

    def start(self, stage: Stage) -> None:
        """Count a stage among those that run."""
        self._running[stage.addressing] = (_paths(stage.deps), _paths(stage.outs))

    def end(self, stage: Stage) -> None:
        """Count it no longer."""
        self._running.pop(stage.addressing, None)

    @contextmanager
    def given_up(self) -> Iterator[None]:
        """Let others in for as long as only commands run."""
        with self._edited() as table:
            _release(table, self._is_mine)
            for reads, writes in self._running.values():
                _acquire(table, self._info, reads, writes)
        self._repo.lock.unlock()
        try:
            yield
        finally:
            self._lock_again()
            # Of all that DVC forgets here: what a command may have changed for the next stage.
            self._repo.scm._reset()
            self._repo.__dict__.pop("dvcignore", None)
            self._others = self._look()

    def closed(self) -> None:
        """Take out what is left of this process."""
        with self._edited() as table:
            _release(table, self._is_mine)

    @contextmanager
    def checked(
        self, tmp_dir: str, fs: object, cmd: str, read: list[str], write: list[str], hardlink: bool
    ) -> Iterator[None]:
        """dvc.rwlock.rwlock without writing: whether others are in the way."""
        if self._others:
            from dvc.rwlock import _check_blockers

            table, info = self._others, {**self._info, "cmd": cmd}
            _check_blockers(tmp_dir, table, info, mode="write", waiters=read + write)
            _check_blockers(tmp_dir, table, info, mode="read", waiters=write)
        yield

    def _lock_again(self) -> None:
        """A stage's command may be a DVC of its own: that is waited for."""
        from dvc.lock import LockError

        while True:
            try:
                self._repo.lock.lock()
                return
            except LockError:
                continue

    def _look(self) -> dict[str, Any]:
        """What others have written; empty where it is nothing."""
        if self._are_all_mine():
            return {}
        with self._edited() as table:
            _release(table, self._is_mine)
            _release(table, _has_ended)
            found = {"read": dict(table["read"]), "write": dict(table["write"])}
        return found if any(found.values()) else {}

    @property
    def _file(self) -> Path:
        from dvc.rwlock import RWLOCK_FILE

        return self.folder / str(RWLOCK_FILE)

    def _are_all_mine(self) -> bool:
        """Whether nobody else has written anything: only who holds the project's lock does."""
        from dvc.exceptions import DvcException

        try:
            table = _entries(self._file)
        except DvcException:  # what is wrong with it is said by who edits it
            return False
        _release(table, self._is_mine)
        return not any(table.values())

    def _is_mine(self, entry: dict[str, Any]) -> bool:
        return entry == self._info

    @contextmanager
    def _edited(self) -> Iterator[dict[str, Any]]:
        """The file as dvc.rwlock._edit_rwlock gives it, but replaced whole: DVC that is killed as
        it writes leaves half of it, and refuses to start again.
        """
        from dvc.lock import make_lock
        from dvc.rwlock import RWLOCK_LOCK

        hardlink = self._repo.config["core"].get("hardlink_lock", False)
        path, guard = self._file, str(self.folder / RWLOCK_LOCK)
        with make_lock(guard, str(self.folder), hardlink_lock=hardlink):
            before = _entries(path)
            table = {
                "read": defaultdict(list, before["read"]),
                "write": defaultdict(dict, before["write"]),
            }
            yield table
            text = json.dumps({kind: dict(held) for kind, held in table.items() if held})
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                replace_text(path, text, self.folder)


def _entries(path: Path) -> dict[str, Any]:
    """What is in the file; raises DVC's errors where it isn't what it has to be."""
    from dvc.rwlock import SCHEMA, RWLockFileCorruptedError, RWLockFileFormatError
    from voluptuous import Invalid

    try:
        found: dict[str, Any] = SCHEMA(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {"read": {}, "write": {}}
    except json.JSONDecodeError as error:
        raise RWLockFileCorruptedError(path) from error
    except Invalid as error:
        raise RWLockFileFormatError(path) from error
    return found


def _paths(items: list[Any]) -> list[str]:
    from dvc.dependency.db import AbstractDependency
    from dvc.dependency.repo import RepoDependency

    others = (RepoDependency, AbstractDependency)
    return [item.fs_path for item in items if not isinstance(item, others)]


def _acquire(
    table: dict[str, Any], info: dict[str, Any], reads: list[str], writes: list[str]
) -> None:
    for path in reads:
        if info not in table["read"][path]:
            table["read"][path].append(info)
    for path in writes:
        table["write"][path] = info


def _release(table: dict[str, Any], whose: Callable[[dict[str, Any]], bool]) -> None:
    for path, readers in list(table["read"].items()):
        readers[:] = [one for one in readers if not whose(one)]
        if not readers:
            del table["read"][path]
    for path, writer in list(table["write"].items()):
        if whose(writer):
            del table["write"][path]


def _has_ended(entry: dict[str, Any]) -> bool:
    """Whether it is of a process that was killed, and so could not take it out."""
    import psutil

    return not psutil.pid_exists(entry["pid"])
