"""A Jupyter kernel of this very Python, and how to make it run code. An edge."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from queue import Empty
from typing import Any

from nbstage.errors import UserError

_START = 120.0
_STEP = 0.2
_PARTING = 5.0
_LONGEST_SOCKET = 80
_MODULES = ("ipykernel", "jupyter_client")


class Died(Exception):
    """The kernel's process ended; says how, and what it said last."""


class TooLong(Exception):
    """The code ran longer than it may; `reply` is what the kernel said when it was interrupted."""

    def __init__(self, reply: dict[str, Any] | None) -> None:
        super().__init__()
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Kernel:
    """A running kernel. Any: jupyter_client's client has types that say nothing of its channels."""

    process: subprocess.Popen[bytes]
    client: Any
    errors: Path


@contextmanager
def kernel(folder: Path, workdir: Path, environment: Mapping[str, str]) -> Iterator[Kernel]:
    """A kernel that is ready, and gone with all its children when the block ends.

    `folder` is for its connection file. Raises UserError where it can't be started.
    """
    missing = [name for name in _MODULES if find_spec(name) is None]
    if missing:
        raise UserError(
            f"to run a notebook takes {' and '.join(missing)}, which is not installed here",
            f"pip install {' '.join(missing)}",
        )
    running = _launch(folder, workdir, environment)
    patient = False
    try:
        _wait_until_ready(running)
        yield running
        patient = True
    finally:
        _end(running, _PARTING if patient else _STEP)


def execute(
    running: Kernel,
    code: str,
    *,
    mark: str = "",
    silent: bool = False,
    timeout: float | None = None,
) -> dict[str, Any]:
    """Run code and give the content of the kernel's reply.

    Any: the protocol's messages hold plain data. Raises Died and TooLong.
    """
    content = {
        "code": code,
        "silent": silent,
        "store_history": not silent,
        "user_expressions": {},
        "allow_stdin": False,  # `input()` raises, for nobody is there to answer
        "stop_on_error": False,
    }
    message = running.client.session.msg("execute_request", content, metadata={"cellId": mark})
    running.client.shell_channel.send(message)
    reply = _reply(running, message, timeout)
    if reply is not None:
        return reply
    _signal(running, signal.SIGINT)
    raise TooLong(_reply(running, message, _PARTING))


def _launch(folder: Path, workdir: Path, environment: Mapping[str, str]) -> Kernel:
    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.connect import write_connection_file

    file, sockets = folder / "connection.json", folder / "socket"
    local = os.name == "posix" and len(str(sockets)) < _LONGEST_SOCKET
    where: dict[str, Any] = {"transport": "ipc", "ip": str(sockets)} if local else {}
    write_connection_file(str(file), key=uuid.uuid4().hex.encode(), **where)
    errors = folder / "stderr.txt"
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", str(file)]
    command.append("--HistoryManager.hist_file=:memory:")  # it is not the user who types
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            cwd=workdir,
            env=_environment({**os.environ, **environment}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C is for us, who end the kernel
        )
    client = BlockingKernelClient()
    client.load_connection_file(str(file))
    client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=True)
    return Kernel(process, client, errors)


def _environment(given: dict[str, str]) -> dict[str, str]:
    """The kernel's environment. It starts in another folder, and ends when we do."""
    folders = given.get("PYTHONPATH", "")
    if folders:
        whole = (str(Path(folder).absolute()) for folder in folders.split(os.pathsep) if folder)
        given["PYTHONPATH"] = os.pathsep.join(whole)
    return {**given, "JPY_PARENT_PID": str(os.getpid())}


def _wait_until_ready(running: Kernel) -> None:
    message = running.client.session.msg("kernel_info_request", {})
    running.client.shell_channel.send(message)
    try:
        ready = _reply(running, message, _START) is not None
    except Died as died:
        raise UserError(
            f"the kernel did not start: {died}", "try `python -m ipykernel_launcher --help`."
        ) from None
    if not ready:
        raise UserError(
            f"the kernel did not start within {_START:.0f} seconds",
            "try again when the machine is less busy.",
        )


def _reply(running: Kernel, message: Any, timeout: float | None) -> dict[str, Any] | None:
    """The reply to a message; None if there is none in time."""
    deadline = time.monotonic() + timeout if timeout is not None else None
    while True:
        left = _STEP if deadline is None else min(_STEP, deadline - time.monotonic())
        try:
            reply = running.client.shell_channel.get_msg(timeout=max(left, 0.001))
        except Empty:
            if running.process.poll() is not None:
                raise Died(_last_words(running)) from None
            if left <= 0:
                return None
            continue
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            content: dict[str, Any] = reply["content"]
            return content


def _last_words(running: Kernel) -> str:
    code = running.process.returncode
    try:
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    except ValueError:
        how = f"killed by signal {-code}"
    said = running.errors.read_text(encoding="utf-8", errors="replace").strip()
    return f"{how}\n{said[-2000:]}".strip()


def _end(running: Kernel, patience: float) -> None:
    """End the kernel, politely if there is time, and all processes it has started."""
    if running.process.poll() is None:
        message = running.client.session.msg("shutdown_request", {"restart": False})
        running.client.control_channel.send(message)
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(patience)
    _signal(running, getattr(signal, "SIGKILL", signal.SIGTERM))
    running.process.wait()
    running.client.stop_channels()


def _signal(running: Kernel, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(running.process.pid, number)
        elif number != signal.SIGINT:
            running.process.kill()
