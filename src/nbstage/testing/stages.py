"""Stages on a sample of their inputs, each in a copy of the project and a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.testing.project import missing, root_of, skipped, stages_in

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from _pytest.mark import ParameterSet

_LAST_LINES = 40


def stages_of(file: str) -> list[str | ParameterSet]:
    """The names of the stages that dvc.yaml has from notebooks; `file` is the test's `__file__`."""
    found = list(stages_in(root_of(file)))
    if not found:
        return [skipped("there is no stage of a notebook yet: run `nbstage convert`", "none")]
    return [*found]


def run_on_sample(stage: str, file: str, *, rows: int | None) -> None:
    """Run a stage with `rows` rows, evenly spread, of each table and array that it takes (None:
    all of them), and all else as it is. What it gives is dropped.

    Skipped where an input is not there yet, and for a stage that runs as a notebook, which takes
    its inputs in a kernel. The stage runs in a copy of the project: whatever it writes, the
    project's own files stay as they are.
    """
    from tempfile import TemporaryDirectory

    import pytest

    __tracebackhide__ = True
    root = root_of(file)
    stages = stages_in(root)
    if reason := missing(root, stages[stage]):
        pytest.skip(reason)
    if (root / "pipeline" / f"{stage}.ipynb").is_file():
        pytest.skip(f"stage '{stage}' runs as a notebook: only on all of its inputs")
    with TemporaryDirectory(prefix="nbstage-sample-") as folder:
        copy = Path(folder) / "project"
        _copy(root, copy, stages, stage)
        done = _run(root, copy, stage, rows)
    if done.returncode:
        told = (done.stdout + done.stderr).strip().split("\n")
        shown = "\n".join(told[-_LAST_LINES:])
        size = "all rows" if rows is None else f"{rows} rows of each table"
        pytest.fail(f"stage '{stage}' failed with {size}:\n{shown}", pytrace=False)


def _copy(root: Path, copy: Path, stages: dict[str, tuple[str, ...]], stage: str) -> None:
    """Copy the project but for what other stages read, which may be large."""
    from nbstage.verify.copies import copy_project

    others = {path for name, deps in stages.items() if name != stage for path in deps}
    data = {path for path in others - {*stages[stage]} if not path.endswith(".py")}
    copy_project(root, copy, frozenset({"artifacts", *data}))


def _run(root: Path, copy: Path, stage: str, rows: int | None) -> CompletedProcess[str]:
    import subprocess

    # -P: modules are found as for `python -m pipeline.STAGE`, the copy's and no others.
    command = [sys.executable, "-P", "-m", "nbstage.testing.sample"]
    paths = [str(copy), *(os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    kept = [path for path in paths if path and Path(path).resolve() != root]
    return subprocess.run(
        [*command, str(root), stage, "all" if rows is None else str(rows)],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(kept), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
