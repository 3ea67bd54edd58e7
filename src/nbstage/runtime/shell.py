# ruff: noqa: PTH111, PTH123 - pathlib would double what importing the runtime takes
"""What magics and shell lines of a notebook become, with the effect that IPython gives them."""

from __future__ import annotations

import os
import sys

# The names that generated code may use.
NOTEBOOK = ("capture_shell", "change_dir", "run_script", "run_shell", "set_env", "write_file")


class Lines(list[str]):
    """What a command printed, line by line; `.n` and `.s`: joined by newlines or spaces."""

    @property
    def l(self) -> list[str]:  # noqa: E743 - IPython's name for it
        return list(self)

    @property
    def n(self) -> str:
        return "\n".join(self)

    @property
    def s(self) -> str:
        return " ".join(self)


def run_shell(cmd: str) -> None:
    """Run a `!cmd` line; its output passes through and, as in a notebook, it may fail."""
    import subprocess

    _flush()
    subprocess.run(cmd, shell=True, executable=_shell(), check=False)


def capture_shell(cmd: str) -> Lines:
    """The lines that `x = !cmd` gives: standard output and errors together."""
    import subprocess

    _flush()
    done = subprocess.run(
        cmd,
        shell=True,
        executable=_shell(),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return Lines(done.stdout.decode("utf-8", "replace").splitlines())


def run_script(program: str, text: str) -> None:
    """Run the text of a `%%bash` cell; raises CalledProcessError where the program fails."""
    import shlex
    import subprocess

    _flush()
    subprocess.run(shlex.split(program), input=text.encode(), check=True)


def write_file(path: str, text: str, *, append: bool = False) -> None:
    """Write the text of a `%%writefile` cell (`-a`: append it)."""
    with open(os.path.expanduser(path), "a" if append else "w", encoding="utf-8") as file:
        file.write(text)


def set_env(name: str, value: object) -> None:
    """Set a variable as `%env NAME=VALUE` does."""
    os.environ[name] = str(value)


def change_dir(path: str) -> None:
    """Go to a folder as `%cd PATH` does."""
    os.chdir(os.path.expanduser(path))


def _flush() -> None:
    """Let what Python printed stand before what the command prints."""
    sys.stdout.flush()
    sys.stderr.flush()


def _shell() -> str | None:
    """The shell that IPython takes: the user's; on Windows, or without one, the system's."""
    import shutil

    return None if os.name == "nt" else shutil.which(os.environ.get("SHELL", "sh"))
