"""What is measured: each figure with the target it has to keep."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import kale, projects
from benchmarks.cpu import cpu_seconds
from benchmarks.notebooks import STAGES, kale_notebook, long_notebook

LENGTHS = (250, 500, 1000, 2000, 4000)
TRACE_MAY_TAKE = 1.3  # times what a plain run takes
PAPERMILL = str(Path(sys.executable).with_name("papermill"))
NBSTAGE = str(Path(sys.executable).with_name("nbstage"))


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU seconds of one piece of work, and what they should be below (None: no target).

    `remark` says what stands behind the figure: how it compares with the row above.
    """

    work: str
    seconds: float | None
    target: float | None = None
    remark: str = ""


def measure(top: Path) -> Iterator[Figure]:
    """All figures, one by one as they are measured in `top`, an empty folder."""
    yield from _commands(top)
    yield from _growth(top)
    yield from _traced(top)
    yield _runtime(top)
    yield from _peer(top)


def _commands(top: Path) -> Iterator[Figure]:
    yield Figure("`nbstage --help`", cpu_seconds([NBSTAGE, "--help"], lambda: top), 0.15)
    seconds = cpu_seconds([NBSTAGE, "check"], projects.converted_example(top))
    yield Figure("`nbstage check` of the example", seconds, 0.5)
    seconds = cpu_seconds([NBSTAGE, "convert", "--static"], projects.example(top))
    yield Figure("`nbstage convert` of the example, into a fresh copy", seconds, 0.5)


def _growth(top: Path) -> Iterator[Figure]:
    before: float | None = None
    for cells in LENGTHS:
        make = projects.with_notebook(top / str(cells), long_notebook(cells))
        seconds = cpu_seconds([NBSTAGE, "convert", "--static"], make)
        work = f"`nbstage convert` of {cells} code cells in {STAGES} stages"
        remark = f"{seconds / before:.1f} times the row above" if before else ""
        yield Figure(work, seconds, 3.0 if cells == 1000 else None, remark)
        before = seconds


def _traced(top: Path) -> Iterator[Figure]:
    """The example run, watched and not; both start a kernel and execute all cells."""
    make = projects.example_with_data(top)
    run = [PAPERMILL, projects.EXAMPLE, "out.ipynb", "--cwd", "notebooks", "--no-progress-bar"]
    plain = cpu_seconds(run, make)
    yield Figure("papermill runs the example", plain)
    watched = cpu_seconds([NBSTAGE, "trace", projects.EXAMPLE], make)
    remark = f"{watched / plain:.2f} times the row above"
    target = round(plain * TRACE_MAY_TAKE, 1)
    yield Figure("`nbstage trace` runs it and records facts", watched, target, remark)


def _runtime(top: Path) -> Figure:
    bare = cpu_seconds([sys.executable, "-c", "pass"], lambda: top)
    loaded = cpu_seconds([sys.executable, "-c", "import nbstage.runtime"], lambda: top)
    remark = f"Python itself takes {bare:.3f}"
    return Figure("`import nbstage.runtime`, over bare Python", loaded - bare, 0.03, remark)


def _peer(top: Path) -> Iterator[Figure]:
    make = projects.with_notebook(top / "kale", kale_notebook())
    ours = cpu_seconds([NBSTAGE, "convert", "--static"], make)
    yield Figure("`nbstage convert` of 4 stages tagged for Kale", ours)
    command = kale.install(top / "venv")
    work = f"the same notebook with kubeflow-kale {kale.VERSION}"
    if command is None:
        yield Figure(work, None, remark="not measured: it could not be installed")
        return
    theirs = cpu_seconds([str(command), "--nb", "notebooks/orders.ipynb"], make)
    yield Figure(work, theirs, remark=f"{theirs / ours:.0f} times as much")
