"""The log of predictions: a line of JSON for each row, in files that come and go.

    {"time": "2026-11-21T19:30:05.123Z", "request": "...", "row": 0, "model": "churn",
     "version": "v1.2.0", "prediction": {"score": 0.83}, "inputs": {"tenure": 3}}

Lines are written by a thread of their own, some time after the answer: neither a slow disk nor a
full one holds up a request. Each worker has its own files.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbstage.bundle.nouns import Bundle, Plain
from nbstage.serve.nouns import Logging

EVERY = 0.5
Lines = tuple[str, ...]
MOST_ROWS = 100_000
_FILES = "????-??-??T??-??-??.??????-*.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that was answered: its rows, and a prediction for each."""

    when: datetime
    request: str
    rows: Sequence[Mapping[str, object]]
    predictions: Sequence[Mapping[str, Plain]]


class PredictionLog:
    """Entries on their way to files. `lost` is told how many rows could not be written."""

    def __init__(
        self,
        folder: Path,
        logging: Logging,
        bundle: Bundle,
        lost: Callable[[int, OSError | None], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder = folder
        self._logging = logging
        self._about = {"model": bundle.model, "version": bundle.version}
        self._lost = lost
        self._now = now
        self._waiting: deque[Lines] = deque()
        self._taken = 0  # each of the two is counted by one thread alone
        self._written = 0
        self._file: Path | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def lines(self, entry: Entry) -> Lines:
        """The lines of an entry: made where the prediction was, so that the thread that writes
        needs no time in which nobody else can do anything.
        """
        time = entry.when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = []
        for row, prediction in enumerate(entry.predictions):
            line: dict[str, object] = {"time": time, "request": entry.request, "row": row}
            line |= self._about
            line["prediction"] = prediction
            if self._logging.fields:
                given = entry.rows[row]
                line["inputs"] = {name: given.get(name) for name in self._logging.fields}
            lines.append(json.dumps(line, separators=(",", ":")) + "\n")
        return tuple(lines)

    def add(self, lines: Lines) -> None:
        """Take lines along. Where too many wait already, they are lost."""
        if self._taken - self._written + len(lines) > MOST_ROWS:
            self._lost(len(lines), None)
            return
        self._taken += len(lines)
        self._waiting.append(lines)

    def close(self) -> None:
        """Write what waits, and stop."""
        self._end.set()
        self._thread.join(timeout=10)

    def write(self) -> None:
        """Write what waits now: all of it, or nothing where the disk won't take it."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        lines = [line for some in taken for line in some]
        if not lines:
            return
        self._written += len(lines)
        try:
            self._append("".join(lines).encode())
        except OSError as error:
            self._lost(len(lines), error)

    def _run(self) -> None:
        while not self._end.wait(EVERY):
            self.write()
        self.write()

    def _append(self, data: bytes) -> None:
        path = self._current(self._now())
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            before = os.fstat(handle).st_size
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(handle, rest) :]
            except OSError:
                with suppress(OSError):
                    os.ftruncate(handle, before)  # no half line is left, and no empty file
                    if not before:
                        path.unlink()
                raise
        finally:
            os.close(handle)

    def _current(self, when: datetime) -> Path:
        """The file to write to: a new one each day (UTC), and whenever one is full."""
        day = f"{when:%Y-%m-%d}"
        file = self._file
        if file is None or not file.name.startswith(day) or _size(file) >= self._logging.file_bytes:
            self._make_folder()
            self._make_room()
            file = self._folder / f"{when:%Y-%m-%dT%H-%M-%S.%f}-{os.getpid()}.jsonl"
            self._file = file
        return file

    def _make_folder(self) -> None:
        """A folder for nobody else, and not for git."""
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, parents=True)
            (self._folder / ".gitignore").write_text("*\n")

    def _make_room(self) -> None:
        """Remove the oldest files, as long as all together are too large."""
        files = sorted(self._folder.glob(_FILES))
        sizes = [_size(file) for file in files]
        spare = sum(sizes) + self._logging.file_bytes - self._logging.all_bytes
        for file, size in zip(files, sizes, strict=True):
            if spare <= 0:
                return
            file.unlink(missing_ok=True)
            spare -= size


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
