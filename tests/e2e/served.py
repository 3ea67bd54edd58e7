"""Services in processes of their own, which are always ended."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.unit.serving import ROW, wait_for

ROOT = Path(__file__).parent.parent.parent
_SERVE = """
import sys
from nbstage.serve.nouns import Limits, Logging, Path, Service
from nbstage.serve.supervise import serve
from tests.unit.serving import Model
if __name__ == "__main__":
    said = lambda at: print("serving at", at, flush=True)
    say = lambda text: print(text, file=sys.stderr, flush=True)
    serve(Model, Service(port=0, open=True, {how}), said, say)
"""


@dataclass
class Served:
    """A service that answers: its process, its port, and what it has said so far."""

    process: subprocess.Popen[str]
    port: int
    said: list[str] = field(default_factory=list)

    def ask(self, body: object, path: str = "/predict", **headers: str) -> tuple[int, str]:
        """Status and text of an answer, by POST, or by GET where there is no body."""
        data = None if body is None else json.dumps(body).encode()
        told = {"Content-Type": "application/json"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://localhost:{self.port}{path}", data, told)
        try:
            with urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def count(self, name: str) -> float:
        """The sum of a metric over all its labels."""
        lines = self.ask(None, "/metrics")[1].splitlines()
        return sum(float(line.split()[-1]) for line in lines if re.match(rf"{name}[ {{]", line))

    def workers(self) -> list[int]:
        """The processes that answer."""
        return [pid for pid in _children(self.process.pid) if b"spawn_main" in _command(pid)]

    def has_said(self, what: str) -> None:
        """Wait until it is said."""
        wait_for(lambda: any(what in line for line in self.said), seconds=60)

    def end(self) -> int:
        """End it as one does, and give its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=60)


@contextmanager
def service_of_model(how: str = "", limit: Callable[[], None] | None = None) -> Iterator[Served]:
    """A service of the small model; `how` are the arguments of its `Service`."""
    command = (sys.executable, "-c", _SERVE.format(how=how))
    with service(command, ROOT, dict(os.environ), limit) as served:
        yield served


@contextmanager
def service(
    command: Sequence[str],
    folder: Path,
    environment: dict[str, str],
    limit: Callable[[], None] | None = None,
) -> Iterator[Served]:
    """The service that a command starts, once it answers. Fails the test if it doesn't."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limit,
    )
    served = Served(process, 0)
    listening = threading.Thread(target=_listen, args=(served,), daemon=True)
    listening.start()
    try:
        wait_for(lambda: served.port != 0 or process.poll() is not None, seconds=90)
        assert served.port, "".join(served.said)
        yield served
    finally:
        left = served.workers() if process.poll() is None else []
        process.kill()
        process.wait()
        for pid in left:
            _end(pid)
        listening.join(timeout=10)
        print("".join(served.said))  # pytest shows it where a test fails


def _listen(served: Served) -> None:
    assert served.process.stdout is not None
    for line in served.process.stdout:
        served.said.append(line)
        found = re.search(r"serving.* at http://[^ ]*:(\d+)", line)
        if found:
            served.port = int(found[1])


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _end(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return


def row(**changes: object) -> dict[str, object]:
    """A row of the small model's."""
    return ROW | changes
