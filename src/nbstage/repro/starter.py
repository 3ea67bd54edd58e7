# ruff: noqa: PTH106, PTH108, PTH109, PTH118, PTH120, PTH123, PTH208 - each stage begins with what is here
"""The process that starts the stages. It is run by the project's own Python, with nothing but the
standard library, and is told what to do through a socket: see `starting`.

A shell's command is started as a process. A module of the pipeline is started as a fork: the
modules that it would import first are there already. For these a starter grows others like itself,
which import what several stages import, and nothing that one of their stages doesn't import itself.

When the one who tells it is gone, it ends all that it has started.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time
import types
from typing import Any, NoReturn

Told = dict[str, Any]
_LENGTH = struct.Struct("!I")
#: Seconds that what was started has to end.
_PATIENCE = 3
#: New objects before Python looks for garbage: there are never as many.
_NEVER = 2**30
#: Beside this file. Nothing of them is left among the modules that a stage begins with.
_BESIDE = ("doubt", "forked", "libraries")


class Called(BaseException):
    """Raised in a fork once it is known which stage it is to run."""

    def __init__(self, request: Told) -> None:
        super().__init__()
        self.request = request


class Starter:
    """One such process: its socket, and the processes it has started, by their ids."""

    def __init__(self, address: str, node: str, beside: Any) -> None:
        self.address, self.beside = address, beside
        self.said = self.doubt = ""
        self.first: list[Told] = []
        self.spare: tuple[int, int] | None = None
        self.begun_with = beside.changes()
        self.running: dict[int, tuple[str, float]] = {}
        self.open(node)

    def open(self, node: str) -> None:
        """Say who it is; be woken by the end of a process."""
        self.node = node
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.socket.connect(self.address)
        except ConnectionRefusedError:  # who has made it is gone
            self.leave()
        self.woken, self.waking = os.pipe()
        for end in (self.woken, self.waking):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.waking)
        signal.signal(signal.SIGCHLD, _nothing)
        self.tell({"node": node})

    def close(self) -> None:
        """Let go of all of it, in a fork that is to be something else."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.socket.close()
        os.close(self.woken)
        os.close(self.waking)
        self.dismiss()
        self.running = {}

    def tell(self, event: Told) -> None:
        """Send an event. Who isn't there any more needs none."""
        data = json.dumps(event).encode()
        try:
            self.socket.sendall(_LENGTH.pack(len(data)) + data)
        except OSError:
            self.end()

    def serve(self) -> NoReturn:
        """Do what is told, for ever. Raises Called in the fork that is to run a stage."""
        while True:
            if self.first:
                self.grow(self.first.pop(0))
                continue
            ready = self.wait()
            if self.woken in ready:
                os.read(self.woken, 4096)
                self.reap()
            if self.socket not in ready:
                continue
            request = self.read()
            if request is None:
                self.end()
            self.do(request)

    def wait(self) -> list[object]:
        both: list[Any] = [self.socket, self.woken]
        return list(select.select(both, [], [])[0])

    def do(self, request: Told) -> None:
        """Do one thing."""
        match request["do"]:
            case "stage":
                self.stage(request)
            case "shell":
                self.shell(request)
            case "grow":
                self.grow(request)

    def shell(self, request: Told) -> None:
        """Start a shell's command in a session of its own."""
        import subprocess

        with open(request["output"], "ab") as output:
            try:
                started = subprocess.Popen(
                    request["argv"],
                    cwd=request["folder"],
                    env=request["environment"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            except OSError as error:
                output.write(f"{error}\n".encode())
                self.tell({"id": request["id"], "code": 127, "seconds": 0.0})
                return
        started.returncode = 0  # it is waited for below
        self.started(started.pid, request)

    def stage(self, request: Told) -> None:
        """Fork for a stage, unless what is installed has changed since this began."""
        if self.beside.changes() != self.begun_with:
            self.tell({"id": request["id"], "doubt": "libraries were installed meanwhile"})
            return
        if self.spare and _has_ended(self.spare[0]):  # somebody killed it while it waited
            self.dismiss()
        pid, mouth = self.spare or self.prepare()
        self.spare = None
        self.started(pid, request)  # told before it runs: it may end this process
        with contextlib.suppress(BrokenPipeError), open(mouth, "wb") as call:
            call.write(json.dumps(request).encode())
        self.prepare()

    def prepare(self) -> tuple[int, int]:
        """Fork what the next stage is to run in, before it is known which: that takes a while.

        Gives its id and where to say which; raises Called in the fork.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        ear, mouth = os.pipe()
        pid = os.fork()
        if pid:
            os.close(ear)
            self.spare = (pid, mouth)
            return self.spare
        os.close(mouth)
        self.close()
        self.beside.stand_by()
        with open(ear, "rb") as called:
            request = called.read()
        if not request:
            os._exit(0)
        raise Called(json.loads(request))

    def dismiss(self) -> None:
        """Let the fork that waits end."""
        if self.spare is not None:
            os.close(self.spare[1])
            self.spare = None

    def started(self, pid: int, request: Told) -> None:
        """Keep a process, and tell whose it is."""
        self.running[pid] = (request["id"], time.monotonic())
        self.tell({"id": request["id"], "pid": pid})

    def grow(self, request: Told) -> None:
        """Fork another starter, which imports modules before it starts anything."""
        if self.doubt:
            self.tell({"node": request["node"], "doubt": self.doubt})
            return
        if os.fork():
            return
        self.close()
        os.setsid()
        self.first = request.get("first", [])
        self.open(request["node"])
        self.doubt = self.imported(request["modules"], request["output"])
        self.tell({"node": request["node"], "doubt": self.doubt})

    def imported(self, modules: list[str], output: str) -> str:
        """Import modules; gives why no stage may be started from here, empty if it may."""
        self.beside.write_to(output)
        # What is imported lives to the end: to look for garbage in it takes a sixth of the time. A
        # library's own word on that counts.
        usual = gc.get_threshold()
        gc.set_threshold(_NEVER)
        try:
            for name in filter(self.beside.installed, modules):
                importlib.import_module(name)
        except BaseException as error:
            return f"{name} can't be imported here: {type(error).__name__}"
        gc.freeze()  # to look through it would cost each fork its memory
        if gc.get_threshold()[0] == _NEVER:
            gc.set_threshold(*usual)
        sys.stdout.flush()
        sys.stderr.flush()
        with open(output, errors="replace") as file:
            self.said += file.read()
        return self.doubts()

    def doubts(self) -> str:
        """Why a fork of this process is not what a new one is; empty where it is."""
        self.dismiss()
        self.prepare()
        self.doubt = self.beside.doubt()
        if self.doubt:
            self.dismiss()
        return self.doubt

    def kill(self) -> None:
        """End what runs, with all that it has started itself."""
        for pid in self.running:
            for end in (os.killpg, os.kill):  # a fork leads no group in its first moment
                with contextlib.suppress(OSError):
                    end(pid, signal.SIGKILL)

    def reap(self) -> None:
        """Tell what has ended."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self.running:
                name, began = self.running.pop(pid)
                seconds = time.monotonic() - began
                code = os.waitstatus_to_exitcode(status)
                peak = usage.ru_maxrss
                self.tell({"id": name, "code": code, "seconds": seconds, "peak": peak})

    def read(self) -> Told | None:
        """What comes next; None where nobody is there any more."""
        head = self.exactly(_LENGTH.size)
        data = self.exactly(_LENGTH.unpack(head)[0]) if head else b""
        return json.loads(data) if data else None

    def exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            try:
                part = self.socket.recv(size)
            except OSError:
                part = b""
            if not part:
                return b""
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def end(self) -> NoReturn:
        """End all, and itself, without the work that the imported modules have left for the end."""
        self.kill()
        self.dismiss()
        signal.alarm(_PATIENCE)
        try:
            while True:
                os.wait()
        except ChildProcessError:
            self.leave()

    def leave(self) -> NoReturn:
        """End itself; the first of all removes the folder, as the one who made it is gone."""
        if not self.node:
            _remove(os.path.dirname(self.address))
        os._exit(0)


def _remove(folder: str) -> None:
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _nothing(*_: object) -> None:
    """Wake, and do no more."""


def start(address: str, first: list[Told]) -> None:
    """Grow others, then serve; in the end, as the fork of a stage, run its module, and end."""
    if not sys.flags.safe_path:
        sys.path[0] = os.getcwd()
    import runpy

    beside = types.SimpleNamespace()
    for name in _BESIDE:
        vars(beside).update(runpy.run_path(os.path.join(os.path.dirname(__file__), f"{name}.py")))
    starter = Starter(address, "", beside)
    starter.first = first
    try:
        starter.tell({"node": "", "doubt": starter.doubts()})
        starter.serve()
    except Called as called:
        request = called.request
    beside.become(request, starter.said)
    begun_with = set(sys.modules)
    # Whatever it raises ends this process as it ends a new Python.
    beside.run(request["module"])
    beside.end_well(begun_with, beside.installed)


if __name__ == "__main__":
    start(sys.argv[1], json.loads(sys.argv[2]))
