"""`nbstage score` as it is used: killed at any moment, and started again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from nbstage.bundle import make
from nbstage.score.parts import parts_folder
from nbstage.serve_settings import ServeSettings
from tests.bundles import pipeline
from tests.e2e.conftest import Project

pytestmark = pytest.mark.slow

ORDERS = """
# %% tags=["imports"]
import pandas as pd

# %% tags=["functions"]
class Mean:
    def __init__(self, column):
        self.column = column

    def fit(self, table):
        self.means_ = table.groupby("shop")[self.column].mean()
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
