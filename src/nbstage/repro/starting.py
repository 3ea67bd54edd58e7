"""The starters of stages, from the side of who tells them what to start."""

from __future__ import annotations

import json
import os
import selectors
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired

from nbstage.repro.nouns import Command, Over, Warm
from nbstage.repro.talk import Told, first_message, messages, packed, short_folder

STARTER = Path(__file__).with_name("starter.py")
ROOT = ""
_GRACE = 5.0
#: Why nothing is forked where the stages' Python can't run the starter.
_NO_PYTHON = "the stages' `python` can't be started for it"
_GONE = "the process to fork it from has ended"
Shell = Callable[[str], Sequence[str]]


@dataclass
class _Node:
    """A starter: how to reach it, and why no stage is forked from it (None: that is not known yet;
    empty: it may be).
    """

    doubt: str | None = None
    outbox: list[Told] = field(default_factory=list)
    inbox: bytearray = field(default_factory=bytearray)
    connection: socket.socket | None = None


@dataclass
class _Process:
    """What is to be started, and its id once it was."""

    command: Command
    output: Path
    node: str = ROOT
    warm: Warm | None = None
    pid: int = 0


class Starters:
    """The starters of one reproduction; what `say` gets are reasons not to fork a stage."""

    def __init__(
        self,
        shell: Shell,
        folder: str,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        expected: Iterable[tuple[tuple[str, ...], ...]] = (),
    ) -> None:
        self._say = say
        self._folder = short_folder()
        self._address = str(self._folder / "s")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self._address)
        self._listener.listen()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._nodes: dict[str, _Node] = {ROOT: _Node()}
        self._processes: dict[str, _Process] = {}
        self._over: list[Over] = []
        self._doubts: set[str] = set()
        for modules in expected:
            self._grown(modules)
        self._like = (tuple(shell("")), folder, _without_dvc(environment))
        # Through the shell, as the stages' commands are: it finds the same Python, in the same
        # environment.
        words = [str(STARTER), self._address, json.dumps(self._first(ROOT))]
        argv = list(shell(f"exec python {shlex.join(words)}"))
        self._program = self._begin(argv, folder, environment)

    def fits(self, shell: Shell, folder: str, environment: Mapping[str, str]) -> bool:
        """Whether those that were begun with these would be the same."""
        return self._like == (tuple(shell("")), folder, _without_dvc(environment))

    def submit(self, command: Command, output: Path, warm: Warm | None) -> None:
        """Have a command run; what it prints goes to the end of a file."""
        node = self._grown(warm.modules) if warm and not self._nodes[ROOT].doubt else ROOT
        process = _Process(command, output, node, warm)
        self._processes[command.stage] = process
        if not warm or self._nodes[node].doubt is not None:
            self._start(process)

    def wait(self) -> list[Over]:
        """Wait until something has ended."""
        while not self._over:
            self._look()
        over, self._over = self._over, []
        return over

    def kill(self, number: int) -> None:
        """Send a signal to all that runs."""
        for process in self._processes.values():
            if process.pid:
                with suppress(OSError):
                    os.killpg(process.pid, number)

    def stop(self) -> None:
        """Let what runs end as Ctrl-C ends it, or after a while by force."""
        self.kill(signal.SIGINT)
        until = time.monotonic() + _GRACE
        while any(process.pid for process in self._processes.values()):
            if time.monotonic() > until:
                self.kill(signal.SIGKILL)
            self._look()

    def close(self) -> None:
        """End all that is still there."""
        if not self._processes:
            self._program.kill()  # what it imports, or has imported, is nothing to wait for
        for node in self._nodes.values():
            if node.connection is not None:
                node.connection.close()
        self._listener.close()
        self._selector.close()
        with suppress(TimeoutExpired):
            self._program.wait(_GRACE)
        if self._program.poll() is None:
            self._program.kill()
            self._program.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _look(self) -> None:
        for key, _ in self._selector.select(timeout=0.1):
            if key.data is None:
                self._greet()
            else:
                self._hear(key.data)
        root = self._nodes[ROOT]
        if root.connection is None and self._program.poll() is not None:
            if root.doubt is not None:
                raise ChildProcessError(f"nothing can be started from '{sys.executable}'")
            self._begin_anew(_NO_PYTHON)

    def _begin(
        self, argv: list[str], folder: str | None, environment: Mapping[str, str] | None
    ) -> Popen[bytes]:
        with (self._folder / "root.txt").open("ab") as output:
            return Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _grown(self, modules: tuple[tuple[str, ...], ...]) -> str:
        """The starter that has imported these modules, grown where it isn't there."""
        parent, path = ROOT, ROOT
        for some in modules:
            path = f"{parent}/{','.join(some)}"
            if path not in self._nodes:
                self._grow(parent, path, some)
            parent = path
        return path

    def _grow(self, parent: str, path: str, modules: tuple[str, ...]) -> None:
        doubt = self._nodes[parent].doubt
        self._nodes[path] = _Node(doubt or None)
        if not doubt:
            output = str(self._folder / f"{len(self._nodes)}.txt")
            self._tell(parent, {"do": "grow", "node": path, "modules": modules, "output": output})

    def _first(self, name: str) -> list[Told]:
        """What a starter that isn't there yet is to do as soon as it is."""
        requests, self._nodes[name].outbox = self._nodes[name].outbox, []
        return [request | {"first": self._first(request["node"])} for request in requests]

    def _start(self, process: _Process) -> None:
        """Fork it where that may be, else start its command."""
        command, output = process.command, str(process.output)
        if process.warm is not None and (doubt := self._nodes[process.node].doubt):
            self._doubt(process, doubt)
        if process.warm is None:
            request = {"do": "shell", "argv": command.argv, "folder": command.folder}
        else:
            argv = command.text.split()
            request = {"do": "stage", "argv": argv, "module": process.warm.module}
            request["file"] = process.warm.file
        environment = command.environment
        if process.warm is not None:
            environment = {name: environment[name] for name in environment if name[:4] == "DVC_"}
        more = {"id": command.stage, "environment": environment, "output": output}
        self._tell(process.node, request | more)

    def _doubt(self, process: _Process, doubt: str) -> None:
        """Start it as a process of its own, and say why, once for each reason."""
        if doubt not in self._doubts:
            self._doubts.add(doubt)
            self._say(f"'{process.command.stage}' starts in a new Python: {doubt}")
        process.warm, process.node = None, ROOT

    def _tell(self, node: str, request: Told) -> None:
        connection = self._nodes[node].connection
        if connection is None:
            self._nodes[node].outbox.append(request)
            return
        with suppress(OSError):  # that it is gone is heard
            connection.sendall(packed(request))

    def _greet(self) -> None:
        """A starter is there: its first message says which."""
        connection, _ = self._listener.accept()
        name = first_message(connection)["node"]
        node = self._nodes[name]
        node.connection = connection
        self._selector.register(connection, selectors.EVENT_READ, name)
        for request in node.outbox:
            self._tell(name, request)
        node.outbox = []

    def _hear(self, name: str) -> None:
        node = self._nodes[name]
        connection = node.connection
        if connection is None:
            return
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        node.inbox += data
        for event in messages(node.inbox):
            self._happened(event)
        if not data:
            self._selector.unregister(connection)
            connection.close()
            self._lost(name)

    def _happened(self, event: Told) -> None:
        if "node" in event:
            self._known(event["node"], event["doubt"])
        elif "pid" in event:
            self._processes[event["id"]].pid = event["pid"]
        elif "doubt" in event:
            process = self._processes[event["id"]]
            self._doubt(process, event["doubt"])
            self._start(process)
        else:
            process = self._processes.pop(event["id"])
            warm, peak = process.warm is not None, event.get("peak", 0)
            self._over.append(Over(event["id"], event["code"], event["seconds"], warm, peak))

    def _known(self, name: str, doubt: str) -> None:
        """What waited for a starter is started."""
        node = self._nodes[name]
        node.doubt = doubt
        for process in self._processes.values():
            if process.warm is not None and process.node == name and not process.pid:
                self._start(process)
        if doubt and node.connection is None:
            # It was never there: what was to be grown from it won't be, either.
            for path in [path for path in self._nodes if path.startswith(f"{name}/")]:
                self._known(path, doubt)

    def _lost(self, name: str) -> None:
        """A starter has ended by itself: what it had started is ended, too."""
        self._nodes[name].doubt = _GONE
        for process in list(self._processes.values()):
            if process.node == name and process.pid:
                with suppress(OSError):
                    os.killpg(process.pid, signal.SIGKILL)
                self._processes.pop(process.command.stage)
                self._over.append(Over(process.command.stage, -signal.SIGKILL, 0.0))
            elif process.node == name and name != ROOT:
                self._start(process)
        if name == ROOT:
            self._begin_anew(_GONE)

    def _begin_anew(self, doubt: str) -> None:
        """Begin with this Python, from which no stage is forked."""
        self._nodes[ROOT] = _Node(doubt)
        self._program = self._begin([sys.executable, str(STARTER), self._address, "[]"], None, None)
        for process in self._processes.values():
            if not process.pid:
                self._start(process)


def _without_dvc(environment: Mapping[str, str]) -> dict[str, str]:
    """All but what DVC tells each stage in its own."""
    return {name: environment[name] for name in environment if not name.startswith("DVC_")}
