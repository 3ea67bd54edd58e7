"""Copies of requests for a version whose answers nobody gets: a shadow.

A file says where it listens, for as long as it is there:

    {"shadow": "v1.3.0 since ...", "port": 41231, "token": "...", "until": 1732224720.0}

A port, and no address: copies never leave this machine. After `until`, in seconds since 1970, the
file counts no more: nobody may be left to take it away.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from nbstage.serve.shadow_counts import Rows, ShadowCounts, compare

SECONDS = 10.0
MOST_COPIES = 500
MOST_BYTES = 20_000_000
_MOST_ANSWERED = 50_000_000
#: A connection is closed before the shadow, after 30 s, would close it under a request.
_IDLE = 10.0
_TOKEN = re.compile(r"[\w-]{20,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Target:
    """A shadow: what it is called, its port on this machine, what lets in there, until when."""

    name: str
    port: int
    token: str
    until: float


def parse_target(text: str) -> Target | None:
    """The shadow that a file tells of; None where it makes no sense."""
    try:
        told: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    match told:
        case {
            "shadow": str(name),
            "port": int(port),
            "token": str(token),
            "until": int() | float() as until,
        } if 0 < port < 65536 and len(name) <= 200 and _TOKEN.fullmatch(token):
            return Target(name, port, token, until)
    return None


@dataclass(frozen=True, slots=True)
class _Copy:
    """A request, where it is to go, and what was answered to it here."""

    target: Target
    body: bytes
    answered: bytes


class Copier:
    """Sends copies of requests to the shadow that a file tells of, in a thread of its own.

    The file is looked at with each request. What waits is bounded; more is lost, and counted.
    """

    def __init__(self, path: Path, counts: ShadowCounts) -> None:
        self._path = path
        self._counts = counts
        self._seen: tuple[int, int, int] | None = None
        self._target: Target | None = None
        self._gone: Target | None = None
        self._largest: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._bytes = 0
        self._waiting: queue.Queue[_Copy] = queue.Queue(MOST_COPIES)
        self._thread: threading.Thread | None = None

    async def offer(self, body: bytes, answered: bytes) -> None:
        """Take a request along that was answered, if there is a shadow."""
        target = self._current()
        if target is None or target is self._gone:
            return
        if time.time() < target.until:
            self._take(_Copy(target, body, answered))

    def _take(self, copy: _Copy) -> None:
        """Count a request, and let it wait for the thread, or be lost where too much waits."""
        self._counts.requests.labels(copy.target.name).inc()
        if not self._waits(copy):
            self._counts.copies.labels(copy.target.name, "lost").inc()
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
            self._thread.start()

    def _waits(self, copy: _Copy) -> bool:
        size = len(copy.body) + len(copy.answered)
        with self._lock:
            if self._bytes + size > MOST_BYTES:
                return False
            self._bytes += size
        try:
            self._waiting.put_nowait(copy)
        except queue.Full:
            self._forget(copy)
            return False
        return True

    def _forget(self, copy: _Copy) -> None:
        with self._lock:
            self._bytes -= len(copy.body) + len(copy.answered)

    def _current(self) -> Target | None:
        """The shadow now. The file is read again whenever it changes."""
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen != self._seen:
                self._target = parse_target(self._path.read_text(encoding="utf-8"))
                self._seen = seen
        except (OSError, UnicodeDecodeError):
            self._target, self._seen = None, None
        return self._target

    def _run(self) -> None:
        line = _Line()
        while True:
            try:
                copy = self._waiting.get(timeout=_IDLE)
            except queue.Empty:
                line.close()
                continue
            result = self._sent(line, copy)
            self._counts.copies.labels(copy.target.name, result).inc()
            self._forget(copy)

    def _sent(self, line: _Line, copy: _Copy) -> str:
        """What became of a copy."""
        if copy.target is self._gone:
            return "failed"
        if time.time() > copy.target.until:
            return "lost"
        try:
            status, text = line.ask(copy.target, copy.body)
        except ConnectionRefusedError:
            self._gone = copy.target  # its port may soon be somebody else's
            return "failed"
        except (OSError, HTTPException):
            line.close()
            return "failed"
        if status != 200:
            return "failed" if status >= 500 else "refused"
        served, shadow = _predictions(copy.answered), _predictions(text)
        if served is None or shadow is None or len(served) != len(shadow):
            return "failed"
        self._compare(copy.target, served, shadow)
        return "answered"

    def _compare(self, target: Target, served: Rows, shadow: Rows) -> None:
        found, counts = compare(served, shadow), self._counts
        counts.rows.labels(target.name, "otherwise").inc(found.rows)
        counts.rows.labels(target.name, "same").inc(len(served) - found.rows)
        for name, count in found.values.items():
            counts.values.labels(target.name, name).inc(count)
        for name, apart in found.largest.items():
            key = target.name, name
            self._largest[key] = max(apart, self._largest.get(key, 0.0))
            counts.largest.labels(*key).set(self._largest[key])


class _Line:
    """A connection to a shadow, kept from one copy to the next."""

    def __init__(self) -> None:
        self._to: Target | None = None
        self._connection: HTTPConnection | None = None

    def ask(self, to: Target, body: bytes) -> tuple[int, bytes]:
        """The status and the body of its answer. Raises OSError, HTTPException."""
        if self._to is not to:
            self.close()
            self._to, self._connection = to, HTTPConnection("127.0.0.1", to.port, timeout=SECONDS)
        assert self._connection is not None
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {to.token}"}
        self._connection.request("POST", "/predict", body, headers)
        response = self._connection.getresponse()
        return response.status, response.read(_MOST_ANSWERED)

    def close(self) -> None:
        """Connect anew for the next copy."""
        if self._connection is not None:
            self._connection.close()
        self._to, self._connection = None, None


def _predictions(text: bytes) -> Rows | None:
    try:
        found = json.loads(text)["predictions"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    rows = isinstance(found, list) and all(isinstance(row, dict) for row in found)
    return found if rows else None
