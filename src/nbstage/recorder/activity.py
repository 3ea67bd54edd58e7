# ruff: noqa: PTH109, PTH117, PTH119 - a hook has no time for pathlib
"""What a cell does to the world around it, as Python's audit events tell."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_IMPORTS = "<frozen importlib"
_SOURCE_READERS = ("linecache.py", "tokenize.py", "inspect.py")


@dataclass(slots=True)
class Activity:
    """What was seen since the cell began, raw: names of files with the folder they start from."""

    files: list[tuple[str, str, str]] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)
    reached: list[tuple[str, object]] = field(default_factory=list)
    variables: set[str] = field(default_factory=set)


class Watch:
    """The one hook of this process: Python has no way to take it off again."""

    def __init__(self) -> None:
        self.seen = Activity()
        self.active = False
        self.events: dict[str, Callable[..., None]] = {
            "open": self._open,
            "os.remove": self._removed,
            "os.rename": self._renamed,
            "os.link": self._renamed,
            "os.symlink": self._renamed,
            "os.truncate": self._written,
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "sqlite3.connect": self._database,
            "subprocess.Popen": self._popen,
            "os.system": self._command,
            "os.exec": self._program,
            "os.posix_spawn": self._program,
            "os.spawn": self._spawned,
            "os.forkpty": self._terminal,
            "os.fork": self._forked,
            "socket.connect": self._connected,
            "socket.getaddrinfo": self._asked,
        }

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        """Take note of an event. Runs for all that Python does: quick, never raising."""
        # Any: each event has arguments of its own.
        if not self.active:
            return
        note = self.events.get(event)
        if note is None:
            return
        try:
            note(*args)
        except Exception:  # an exception here would stop what the notebook is doing
            return

    def fresh(self) -> Activity:
        """Hand over what was seen, and begin anew."""
        seen, self.seen = self.seen, Activity()
        return seen

    def _file(self, kind: str, path: object) -> None:
        if type(path) is bytes:
            path = os.fsdecode(path)
        if type(path) is str:
            self.seen.files.append((kind, path, "" if os.path.isabs(path) else os.getcwd()))

    def _open(self, path: object, mode: object, flags: object) -> None:
        caller = _caller()
        if caller.startswith(_IMPORTS):
            return
        if type(path) is str and path.endswith(".py") and caller.endswith(_SOURCE_READERS):
            return
        writes = bool(flags & _FOR_WRITING) if type(flags) is int else False
        if type(mode) is str:
            writes = any(letter in mode for letter in "wax+")
        reads = "r" in mode if type(mode) is str else not writes
        if reads:
            self._file("r", path)
        if writes:
            self._file("w", path)

    def _removed(self, path: object, *_: object) -> None:
        self._file("d", path)

    def _renamed(self, source: object, target: object, *_: object) -> None:
        self._file("d", source)
        self._file("w", target)

    def _written(self, path: object, *_: object) -> None:
        self._file("w", path)

    def _database(self, path: object, *_: object) -> None:
        self._file("r", path)

    def _listed(self, path: object = None, *_: object) -> None:
        if "importlib" not in (caller := _caller()) and "pkgutil" not in caller:
            self._file("l", "." if path is None else path)

    def _popen(self, executable: object, args: object, *_: object) -> None:
        words = list(args) if isinstance(args, (list, tuple)) else [args]
        first = executable if executable is not None else words[0]
        texts = [os.fsdecode(word) for word in words if isinstance(word, (str, bytes, os.PathLike))]
        if len(texts) > 2 and os.path.basename(texts[0]) in _SHELLS and texts[1] == "-c":
            self._command(texts[2])
        else:
            self._program(first)

    def _program(self, path: object, *_: object) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            self.seen.programs.append(os.path.basename(os.fsdecode(path)))

    def _spawned(self, mode: object, path: object, *_: object) -> None:
        self._program(path)

    def _command(self, command: object) -> None:
        if isinstance(command, (str, bytes)):
            from nbstage.recorder.shell_words import programs_in

            self.seen.programs += programs_in(os.fsdecode(command))

    def _terminal(self) -> None:
        """IPython runs `!command` in a terminal of its own; the command stands in its frame."""
        frame = sys._getframe(1)
        for _ in range(15):
            if frame.f_back is None:
                return
            frame = frame.f_back
            if frame.f_code.co_name == "system" and "cmd" in frame.f_locals:
                self._command(frame.f_locals["cmd"])
                return

    def _forked(self) -> None:
        self._program(sys.executable)

    def _connected(self, _: object, address: object) -> None:
        if isinstance(address, tuple) and len(address) >= 2:
            self.seen.reached.append((str(address[0]), address[1]))

    def _asked(self, host: object, port: object, *_: object) -> None:
        if isinstance(host, (str, bytes)) and port not in (None, 0, "", "0"):
            self.seen.asked.append((os.fsdecode(host), port))


_SHELLS = frozenset({"sh", "bash", "zsh", "dash"})


def _caller() -> str:
    """The file of the code that opens: below the hook, the note and this function."""
    frame = sys._getframe(3)
    return frame.f_code.co_filename
