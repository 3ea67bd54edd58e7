"""Processes that outlive the command that starts them, and are known again later. An edge."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbstage.deploy.nouns import Process

# A process waits for a word before it becomes the program, so that whoever started it can write
# down its number first. If that never happens, the word never comes, and it ends by itself.
_HELD = 'read -r go && exec "$0" "$@" </dev/null'
#: What a service has of the environment of whoever deploys it: no secrets.
_KEPT = ("HOME", "LANG", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Held:
    """A process that waits for `let_go` before it runs its program."""

    process: Process
    popen: subprocess.Popen[bytes]

    def let_go(self) -> None:
        """Let it run its program."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(b"go\n")
        self.popen.stdin.close()


def start_held(command: Sequence[str], log: Path, folder: Path, **environment: str) -> Held:
    """Start a process in a session of its own; what it prints goes to the end of `log`."""
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    with log.open("ab") as out:
        popen = subprocess.Popen(
            ["/bin/sh", "-c", _HELD, *command],
            cwd=folder,
            env=kept | environment,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Held(Process(popen.pid, _identity(popen.pid)), popen)


def is_running(process: Process) -> bool:
    """Whether that very process runs, and no later one with its number."""
    return bool(process.started) and _identity(process.pid) == process.started


def stop(process: Process, seconds: float) -> bool:
    """End a process: it is asked to, and after `seconds` it is made to; then this is False."""
    if not is_running(process):
        return True
    os.kill(process.pid, signal.SIGTERM)
    until = time.monotonic() + seconds
    while is_running(process) and time.monotonic() < until:
        time.sleep(_PAUSE)
    if not is_running(process):
        return True
    os.killpg(process.pid, signal.SIGKILL)  # its children, too: it leads its session
    while is_running(process):
        time.sleep(_PAUSE)
    return False


def _identity(pid: int) -> str:
    """The boot and the moment in it at which a process began; "" if it is gone."""
    _reap(pid)
    try:
        # The name, in parentheses, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    if fields[0] in "ZX":
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{fields[19]}"


def _reap(pid: int) -> None:
    """Forget a child of this process that has ended; others are none of its business."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except OSError:
        return
