"""A process that runs `dvc` and `nbstage` for the tests, each command in a fork of itself.

What takes longest of a command is to import DVC: here that is done once. A fork begins as a new
process does: in a folder and with an environment of its own, nothing on stdin, with random numbers
that nobody else has. Requests and answers are lines of JSON on stdin and stdout.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, Any

#: Not pygit2: it looks for git's settings at home, once, as it is imported.
_IMPORTED = (
    *("dvc.cli.parser", "dvc.commands.repro", "dvc.commands.status", "dvc.commands.init"),
    *("dvc.repo.index", "dvc.repo.reproduce", "dvc.repo.status", "dvc.repo.graph"),
    *("dvc.stage.cache", "dvc_data.index.fetch", "dvc_data.index.push", "dvc_data.index.checkout"),
    *("fsspec.implementations.memory", "networkx", "rich.table", "ruamel.yaml", "dulwich.repo"),
    *("nbstage.cli", "nbstage.repro.use", "nbstage.repro.with_dvc"),
)


class Commands:
    """The server, from the side of the tests."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        command = [sys.executable, __file__]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=environment)

    def run(self, folder: Path, environment: dict[str, str], *command: str) -> tuple[int, str]:
        """A command's exit code, and what it printed."""
        request = {"folder": str(folder), "environment": environment, "command": command}
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        print(json.dumps(request), file=requests, flush=True)
        code, told = json.loads(answers.readline())
        print("$", *command, f"\n{told}")
        return code, told

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


@cache
def shared() -> Commands:
    """The one server of this run of the tests: it ends with it, and knows none of its settings."""
    plain = {"LANG": "C.UTF-8", "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    server = Commands(plain)
    atexit.register(server.close)
    return server


def serve() -> None:
    """Answer requests until stdin ends."""
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile("w+b") as told:
            child = os.fork()
            if child == 0:
                _run(request, told)
            _, status = os.waitpid(child, 0)
            told.seek(0)
            code = os.waitstatus_to_exitcode(status)
            print(json.dumps([code, told.read().decode(errors="replace")]), flush=True)


def _run(request: dict[str, Any], told: IO[bytes]) -> None:
    """Do what `python -m dvc` does, and end."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    random.seed()
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(told.fileno(), 1)
    os.dup2(told.fileno(), 2)
    program, *arguments = request["command"]
    sys.argv = [program, *arguments]
    sys.path[0] = request["folder"]
    code = 1
    try:
        code = _code(_main(program)(arguments))
    except SystemExit as end:
        code = _code(end.code)
    except BaseException:
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code(end: str | int | None) -> int:
    """The exit code that Python makes of what `sys.exit` is given."""
    if isinstance(end, str):
        print(end, file=sys.stderr)
        return 1
    return end or 0


def _main(program: str) -> Callable[[list[str]], int]:
    from dvc.cli import main as dvc

    from nbstage.cli import main as nbstage

    mains: dict[str, Callable[[list[str]], int]] = {"dvc": dvc, "nbstage": nbstage}
    return mains[program]


if __name__ == "__main__":
    serve()
