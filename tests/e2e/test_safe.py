"""A small project under `safe = true`: from a notebook to metrics without a pickle."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, percent

pytestmark = pytest.mark.slow

FLOWERS = """
# %% tags=["imports"]
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %% tags=["parameters"]
seed = 7

# %% tags=["stage:grow"]
rng = np.random.default_rng(seed)
sizes = {"length": rng.normal(5, 1, 80), "width": rng.normal(3, 1, 80)}
flowers = pd.DataFrame(sizes)
flowers["kind"] = np.where(flowers["length"] > flowers["width"] + 2, "iris", "rose")
bounds = {"length": [4.0, 9.5], "width": [0.0, 6.0]}

# %% tags=["stage:split"]
test_rows = np.arange(0, 80, 3)
train_set = flowers.drop(index=test_rows)
test_set = flowers.drop(index=train_set.index)

# %% tags=["stage:train"]
model = make_pipeline(StandardScaler(), LogisticRegression(random_state=seed))
model.fit(train_set[["length", "width"]], train_set["kind"])

# %% tags=["stage:evaluate"]
usual = test_set["length"].between(*bounds["length"])
right = model.predict(test_set[["length", "width"]]) == test_set["kind"]

# %% tags=["metrics"]
accuracy = float(right.mean())
tested = len(test_rows)
in_bounds = int(usual.sum())
"""

ARTIFACTS = {
    "artifacts/grow/bounds.json",
    "artifacts/grow/flowers.parquet",
    "artifacts/split/test_rows.npy",
    "artifacts/split/test_set.parquet",
    "artifacts/split/train_set.parquet",
    "artifacts/train/model.skops",
}


class Attack:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def test_a_project_runs_without_a_pickle_and_reads_none(project: Project) -> None:
    notebook = percent(project, "flowers", FLOWERS)
    project.convert(notebook)
    project.repro()
    plain = project.read("metrics/evaluate.json")

    project.write("pyproject.toml", "[tool.nbstage]\nsafe = true\n")
    project.convert(notebook)
    assert project.repro() == ["grow", "split", "train", "evaluate"]
    assert project.read("metrics/evaluate.json") == plain
    assert json.loads(plain)["tested"] == 27
    assert _artifacts(project) >= ARTIFACTS
    for path in ARTIFACTS:
        assert not (project.root / path).read_bytes().startswith(b"\x80")
    project.run("ruff", "check", "--isolated", "--no-cache", "pipeline")
    project.run("ruff", "format", "--check", "--isolated", "--no-cache", "pipeline")

    lock = project.read("dvc.lock")
    project.run("dvc", "repro", "--force")
    assert project.read("dvc.lock") == lock
    assert project.repro() == []

    _attack(project, "artifacts/split/train_set.parquet")


def _artifacts(project: Project) -> set[str]:
    files = (path for path in (project.root / "artifacts").rglob("*") if path.is_file())
    return {path.relative_to(project.root).as_posix() for path in files}


def _attack(project: Project, path: str) -> None:
    """A pickle in place of a stage's input stops the stage and does nothing else."""
    mark = project.root / "attacked"
    (project.root / path).unlink()
    (project.root / path).write_bytes(pickle.dumps(Attack(mark)))
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.train"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"nbstage: '{path}' is not read: it holds a pickle")
    assert done.stderr.count("\n") == 1
    assert not mark.exists()
