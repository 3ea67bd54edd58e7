"""`nbstage score` as it is used: killed at any moment, and started again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from nbstage.bundle import make, open_bundle
from nbstage.score.parts import parts_folder
from nbstage.serve_settings import ServeSettings
from tests.bundles import pipeline
from tests.e2e.conftest import Project, new_project, percent

pytestmark = pytest.mark.slow

ORDERS = """
# %% tags=["imports"]
import pandas as pd

# %% tags=["functions"]
class Mean:
    def __init__(self, column):
        self.column = column

    def fit(self, table):
        self.means_ = table.groupby("shop")[self.column].mean().to_dict()
        return self

    def predict(self, table):
        return table["shop"].map(self.means_) + table["extra"]

# %% tags=["stage:load"]
orders = pd.DataFrame({
    "order": [f"o{n}" for n in range(40)],
    "shop": ["a", "b", "c", "d"] * 10,
    "items": [n % 7 for n in range(40)],
    "price": [2.0 * n for n in range(40)],
})

# %% tags=["stage:features", "predict"]
features = orders.assign(extra=orders["items"] / 3)

# %% tags=["stage:train"]
model = Mean("price").fit(features)

# %% tags=["stage:judge"]
told = model.predict(features)

# %% tags=["metrics"]
error = float((told - features["price"]).abs().mean())
"""


def many(path: Path, rows: int) -> None:
    """A CSV file of so many orders, some of them bad."""
    numbers = range(rows)
    table = pd.DataFrame(
        {
            "order": [f"n{n}" for n in numbers],
            "shop": ["abcdx"[n % 5] if n % 997 == 0 else "abcd"[n % 4] for n in numbers],
            "items": [n % 11 for n in numbers],
        }
    )
    table.to_csv(path, index=False)


def killed(command: list[str], root: Path, parts: Path, marks: int) -> None:
    """Run a command, and kill it once so many parts are done."""
    with subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL) as running:
        end = time.monotonic() + 60
        while len(list(parts.glob("*.json"))) < marks and running.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.002)
        running.kill()


def test_a_run_that_is_killed_again_and_again_gives_what_one_run_gives(tmp_path: Path) -> None:
    root = pipeline(tmp_path / "project", ORDERS)
    make(root, root / "bundle", serve=ServeSettings(model="artifacts/train/model.pkl"))
    project, rows = Project(root), 120_000
    bad = sum(n % 997 == 0 and n % 5 == 4 for n in range(rows))
    many(root / "in.csv", rows)
    score = ["nbstage", "score", "bundle", "in.csv"]
    assert "may run any code, as these are pickles" in project.fails(*score, "one.csv")
    told = project.refuses(*score, "one.csv", "--allow-pickle")
    assert f"wrote one.csv: {rows - bad:,} predictions for {rows:,} rows\n" in told
    assert f"wrote one.csv.bad.jsonl: {bad} bad rows with what is wrong\n  shop: {bad}\n" in told

    command = [sys.executable, "-m", *score, "two.csv", "--allow-pickle"]
    for marks in (2, 4):
        killed(command, root, parts_folder(root / "two.csv"), marks)
        assert not (root / "two.csv").exists()
    done = json.loads(project.refuses(*score, "two.csv", "--allow-pickle", "--json"))
    assert done["resumed"] >= 60_000
    for name in ("{}.csv", "{}.csv.bad.jsonl"):
        one, two = (root / name.format(run) for run in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    assert not parts_folder(root / "two.csv").exists()


def test_a_registered_version_predicts_as_it_did_and_runs_no_pickle(tmp_path: Path) -> None:
    project = new_project(tmp_path / "project")
    (tmp_path / "store").mkdir()
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", str(tmp_path / "store"))
    percent(project, "orders", ORDERS)
    project.convert()
    assert project.repro() == ["load", "features", "train", "judge"]
    project.run("nbstage", "register", "shops", "--path", "artifacts/train/model.pkl")
    project.commit()
    asked = project.refuses("nbstage", "register", "--no-gate")
    trust = re.findall(r"--trust (\S+)", asked)
    assert trust == ["pipeline.helpers.mean.Mean"]
    project.run("nbstage", "register", "--no-gate", "--trust", trust[0])
    project.run("dvc", "push", "--quiet")
    # What follows is another version's.
    project.replace("pipeline/features.py", '"items"] / 3', '"items"] / 2')
    shutil.rmtree(project.root / ".dvc/cache")

    project.write("in.jsonl", '{"shop": "b", "items": 9}\n{"shop": "e", "items": 9}\n')
    told = project.refuses("nbstage", "score", "@latest", "in.jsonl", "out.jsonl")
    assert "wrote out.jsonl: 1 prediction for 2 rows" in told
    assert json.loads(project.read("out.jsonl")) == {"row": 1, "prediction": 38.0 + 3.0}
    (bad,) = map(json.loads, project.read("out.jsonl.bad.jsonl").splitlines())
    assert bad["problems"] == [
        {"field": "shop", "problem": "is 'e', and not one of 'a', 'b', 'c', 'd'"}
    ]
    bundle = open_bundle(project.root / ".nbstage/bundles/shops-v1.0.0")
    assert (bundle.model, bundle.version, bundle.pickles) == ("shops", "v1.0.0", ())
    assert bundle.trusted == ("pipeline.helpers.mean.Mean",)
    assert "artifacts/train/model.skops" in bundle.files
    assert project.try_git("status", "--short")[1] == " M pipeline/features.py\n?? in.jsonl\n" + (
        "?? out.jsonl\n?? out.jsonl.bad.jsonl\n"
    )
