"""`nbstage serve` with a real pipeline: the same predictions as in the notebook and in a batch."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.load import Load, Shot, run_load
from nbstage.app.bundling import bundled
from nbstage.bundle.predictor import plain_rows
from tests.bundles import pipeline
from tests.e2e.conftest import Project
from tests.e2e.served import Served, service
from tests.unit.serving import wait_for

pytestmark = pytest.mark.slow

NOTEBOOK = """
# %% tags=["imports"]
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

# %% tags=["stage:load"]
draw = np.random.default_rng(5)
customers = pd.DataFrame({
    "id": [f"c{n}" for n in range(80)],
    "tenure": draw.integers(0, 60, 80),
    "charge": np.where(draw.random(80) < 0.1, np.nan, draw.normal(60, 20, 80)),
    "contract": draw.choice(["month", "one year", "two years"], 80),
    "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 700, 80), unit="D"),
    "paperless": draw.random(80) < 0.5,
})
customers["churn"] = (customers["tenure"] + draw.normal(0, 15, 80) < 25).astype(int)

# %% tags=["stage:features"]
features = customers.assign(
    charge=customers["charge"].fillna(60.0),
    weekend=customers["since"].dt.dayofweek > 4,
    young=customers["tenure"] < 12,
)

# %% tags=["stage:train"]
X = features.drop(columns=["id", "churn", "since"])
encode = make_column_transformer(
    (OneHotEncoder(handle_unknown="ignore"), ["contract"]), remainder="passthrough"
)
model = make_pipeline(encode, LogisticRegression(C=0.01)).fit(X, features["churn"])

# %% tags=["stage:judge"]
score = model.predict_proba(features.drop(columns=["id", "churn", "since"]))[:, 1]
predictions = pd.DataFrame({"id": features["id"], "score": score})

# %% tags=["stage:end"]
print(predictions)
"""
SETTINGS = """
[tool.nbstage.serve]
stages = ["features"]
model = "artifacts/train/model.joblib"
log_fields = ["contract"]
[tool.nbstage.formats]
predictions = "parquet"
customers = "parquet"
"""


@dataclass(frozen=True, slots=True)
class Churn:
    """A project whose pipeline has run, and the bundle that was made of it."""

    project: Project
    bundle: Path

    def rows(self) -> list[dict[str, object]]:
        """All customers, as a request has them."""
        table = pd.read_parquet(self.project.root / "artifacts/load/customers.parquet")
        columns = json.loads((self.bundle / "bundle.json").read_text())["columns"]
        return plain_rows(table[[column["name"] for column in columns]])


@pytest.fixture(scope="module")
def churn(tmp_path_factory: pytest.TempPathFactory) -> Churn:
    folder = tmp_path_factory.mktemp("churn")
    root = pipeline(folder / "project", NOTEBOOK, SETTINGS)
    with bundled(str(root), lambda _: None) as made:
        shutil.copytree(made.folder, folder / "bundle")
    return Churn(Project(root), folder / "bundle")


@contextmanager
def serving(churn: Churn, *options: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "nbstage", "serve", str(churn.bundle), "--port", "0"]
    command += ["--allow-pickle", *options]
    with service(command, churn.project.root, churn.project.environment()) as served:
        yield served


def test_service_batch_and_notebook_predict_the_same(churn: Churn, tmp_path: Path) -> None:
    rows = churn.rows()
    stored = pd.read_parquet(churn.project.root / "artifacts/judge/predictions.parquet")
    with serving(churn, "--no-auth", "--log", str(tmp_path / "log")) as served:
        status, text = served.ask(rows)
        assert status == 200, text
        alone = [json.loads(served.ask(row)[1])["predictions"][0] for row in rows[:5]]
        unknown = served.ask(rows[0] | {"contract": "decade"})
        assert unknown[0] == 200  # the notebook's encoder ignores it
        assert served.ask(rows[0] | {"charge": None})[0] == 200  # the notebook's stage fills it
        assert served.end() == 0
    found = json.loads(text)["predictions"]
    assert [row["probability_1"] for row in found] == stored["score"].tolist()
    for one, row in zip(alone, found, strict=False):
        assert one == pytest.approx(row, rel=1e-12)

    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    batch = (str(tmp_path / "rows.jsonl"), str(tmp_path / "out.jsonl"), "--allow-pickle")
    churn.project.run("nbstage", "score", str(churn.bundle), *batch)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"row": number, **row} for number, row in enumerate(found, 1)
    ]

    (log,) = (tmp_path / "log").glob("*.jsonl")
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["prediction"] for line in logged[: len(rows)]] == found
    assert logged[0]["inputs"] == {"contract": rows[0]["contract"]}


def in_a_storm(port: int, row: dict[str, object], token: str) -> tuple[Load, Load]:
    """What becomes of requests with a good token, while others come with wrong ones."""
    shots = [
        Shot(port, json.dumps(row).encode(), (f"Authorization: Bearer {one}",))
        for one in (token, token[:-1])
    ]
    with ThreadPoolExecutor(2) as at_once:
        good, wrong = at_once.map(lambda shot: run_load(shot, 1), shots)
    return good, wrong


def test_tokens_are_made_asked_for_and_revoked_while_it_runs(churn: Churn) -> None:
    run = churn.project.run
    token = re.findall(r"nbs_\S+", run("nbstage", "serve", "--new-token", "alice"))[0]
    row = churn.rows()[0]
    with serving(churn, "--no-log") as served:
        assert served.ask(row)[0] == 401
        assert served.ask(row, Authorization=f"Bearer {token}")[0] == 200
        good, wrong = in_a_storm(served.port, row, token)
        assert (set(good.statuses), good.lost) == ({200}, [])
        assert (set(wrong.statuses), wrong.lost) == ({401}, [])
        assert "has no token 'alice' any more" in run("nbstage", "serve", "--revoke-token", "alice")
        assert served.ask(row, Authorization=f"Bearer {token}")[0] == 401
        assert served.ask(None, "/health")[0] == 200


def test_a_damaged_model_is_refused_at_the_start_and_leaves_those_that_serve(
    churn: Churn, tmp_path: Path
) -> None:
    damaged = Churn(churn.project, tmp_path / "bundle")
    shutil.copytree(churn.bundle, damaged.bundle)
    (model,) = (damaged.bundle / "artifacts/train").iterdir()
    good = model.read_bytes()
    row = churn.rows()[0]
    with serving(damaged, "--no-auth", "--no-log", "--workers", "2") as served:
        model.write_bytes(good[:-1])
        first, second = served.workers()
        os.kill(first, signal.SIGKILL)
        served.has_said(f"'artifacts/train/{model.name}' is not the file that the bundle was made")
        assert second in served.workers()
        assert served.ask(row)[0] == 200
        model.write_bytes(good)
        wait_for(lambda: served.count("nbstage_model") == 2, seconds=60)
    model.write_bytes(good[:-1])
    told = churn.project.fails(
        "nbstage", "serve", str(damaged.bundle), "--no-auth", "--allow-pickle", "--port", "0"
    )
    assert f"'artifacts/train/{model.name}' is not the file that the bundle was made with" in told
    assert "Traceback" not in told
