"""A process that runs `dvc` and `nbstage` for the tests, each command in a fork of itself.

What takes longest of a command is to import DVC: here that is done once. Requests and answers are
lines of JSON on stdin and stdout.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO, Any


class Commands:
    """The server, from the side of the tests."""

    def __init__(self) -> None:
        self._process = Popen([sys.executable, __file__], stdin=PIPE, stdout=PIPE, text=True)

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


def serve() -> None:
    """Answer requests until stdin ends."""
    import dvc.cli
    import dvc.commands.repro
    import dvc.commands.status
    import dvc.repo.index
    import dvc.repo.reproduce
    import dvc.stage.cache

    import nbstage.cli
    import nbstage.repro.reproduce
    import nbstage.repro.use

    mains: dict[str, Callable[[list[str]], int]] = {
        "dvc": dvc.cli.main,
        "nbstage": nbstage.cli.main,
    }
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile("w+b") as told:
            child = os.fork()
            if child == 0:
                _run(mains, request, told)
            _, status = os.waitpid(child, 0)
            told.seek(0)
            code = os.waitstatus_to_exitcode(status)
            print(json.dumps([code, told.read().decode(errors="replace")]), flush=True)


def _run(
    mains: dict[str, Callable[[list[str]], int]], request: dict[str, Any], told: IO[bytes]
) -> None:
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(told.fileno(), 1)
    os.dup2(told.fileno(), 2)
    program, *arguments = request["command"]
    sys.argv = [program, *arguments]
    code = 1
    try:
        code = mains[program](arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
