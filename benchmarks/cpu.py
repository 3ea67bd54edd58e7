"""What a command costs: CPU seconds, which other work on the machine changes little."""

from __future__ import annotations

import resource
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

RUNS = 5


class Failed(Exception):
    """A command that was to be measured did not do its work."""


def cpu_seconds(command: list[str], make_folder: Callable[[], Path], *, runs: int = RUNS) -> float:
    """The median CPU time (user and system, start-up included) of `runs` runs of a command.

    Each run has the folder that `make_folder` gives. One that is not counted goes before, so that
    bytecode and the disk's cache are there. Raises Failed with what the command said.
    """
    return statistics.median([_once(command, make_folder()) for _ in range(runs + 1)][1:])


def _once(command: list[str], folder: Path) -> float:
    before = _used_by_children()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return _used_by_children() - before


def _used_by_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
