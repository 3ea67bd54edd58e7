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

EVERY = 0.25
MOST_ROWS = 100_000
_FILES = "????-??-??T??-??-??.??????-*.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """A request that was answered: `inputs` are the fields of its rows that may be logged."""

    when: datetime
    request: str
    inputs: Sequence[Mapping[str, object]]
    predictions: Sequence[Mapping[str, Plain]]


class PredictionLog:
    """Entries on their way to files. `lost` is told how many rows could not be written."""

    def __init__(
        self,
        folder: Path,
        logging: Logging,
        bundle: Bundle,
        lost: Callable[[int, OSError | None], None],
    ) -> None:
        self._folder = folder
        self._logging = logging
        self._about = {"model": bundle.model, "version": bundle.version}
        self._lost = lost
        self._waiting: deque[Entry] = deque()
        self._taken = 0  # each of the two is counted by one thread alone
        self._written = 0
        self._file: Path | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Take an entry along. Where too many wait already, it is lost."""
        count = len(entry.predictions)
        if self._taken - self._written + count > MOST_ROWS:
            self._lost(count, None)
            return
        self._taken += count
        self._waiting.append(entry)

    def close(self) -> None:
        """Write what waits, and stop."""
        self._end.set()
        self._thread.join(timeout=10)

    def write(self) -> None:
        """Write what waits now: all of it, or nothing where the disk won't take it."""
        entries = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not entries:
            return
        rows = sum(len(entry.predictions) for entry in entries)
        self._written += rows
        try:
            text = "".join(line for entry in entries for line in self._lines(entry))
            self._append(text.encode(), entries[0].when)
        except OSError as error:
            self._file = None
            self._lost(rows, error)

    def _run(self) -> None:
        while not self._end.wait(EVERY):
            self.write()
        self.write()

    def _lines(self, entry: Entry) -> list[str]:
        time = entry.when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = []
        for row, prediction in enumerate(entry.predictions):
            line: dict[str, object] = {"time": time, "request": entry.request, "row": row}
            line |= self._about
            line["prediction"] = prediction
            if self._logging.fields:
                given = entry.inputs[row]
                line["inputs"] = {name: given.get(name) for name in self._logging.fields}
            lines.append(json.dumps(line, separators=(",", ":")) + "\n")
        return lines

    def _append(self, data: bytes, when: datetime) -> None:
        path = self._current(when)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            before = os.fstat(handle).st_size
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(handle, rest) :]
            except OSError:
                with suppress(OSError):
                    os.ftruncate(handle, before)  # no half line is left
                raise
        finally:
            os.close(handle)

    def _current(self, when: datetime) -> Path:
        """The file to write to: a new one each day (UTC), and whenever one is full."""
        day = when.astimezone(UTC).strftime("%Y-%m-%d")
        file = self._file
        if file is None or not file.name.startswith(day) or _size(file) >= self._logging.file_bytes:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room()
            file = self._folder / f"{when:%Y-%m-%dT%H-%M-%S.%f}-{os.getpid()}.jsonl"
            self._file = file
        return file

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
