"""Bundles: which paths there are, which are refused, what is said of the rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nbstage.bundle import Predictor
from nbstage.bundle.nouns import Bundle, Column
from nbstage.errors import UserError
from nbstage.serve_settings import ServeSettings
from tests.bundles import pipeline, proven

HOUSES = """
# %% tags=["imports"]
import random
import numpy as np
import pandas as pd

# %% tags=["functions"]
class Line:
    def fit(self, table, target):
        self.slope_ = float((table["area"] * target).sum() / (table["area"] ** 2).sum())
        self.rooms_ = set(table["kind"].unique())
        return self

    def predict(self, table):
        unknown = set(table["kind"]) - self.rooms_
        if unknown:
            raise ValueError(f"unknown {unknown}")
        return table["area"] * self.slope_ + table["old"] * 0.5

class Slope:
    def fit(self, numbers):
        self.slope_ = float(numbers[:, 1].sum() / numbers[:, 0].sum())
        return self

    def predict(self, numbers):
        return numbers[:, 0] * self.slope_

# %% tags=["stage:load"]
houses = pd.DataFrame({
    "id": [f"h{n}" for n in range(60)],
    "area": [20.0 + 3 * n for n in range(60)],
    "kind": ["flat", "house", "hut"] * 20,
    "old": [n % 2 == 0 for n in range(60)],
    "note": [None if n % 7 else "damp" for n in range(60)],
    "price": [100.0 * n for n in range(60)],
})

# %% tags=["stage:features"]
features = houses.assign(area=houses["area"] / 10, long=houses["note"].str.len())

# %% tags=["stage:split"]
train_set = features[::2]
test_set = features[1::2]

# %% tags=["stage:train"]
model = Line().fit(train_set, train_set["price"])

# %% tags=["stage:predict"]
print("predicting")
predictions = pd.DataFrame({"id": test_set["id"], "price": model.predict(test_set)})

# %% tags=["stage:scaled"]
scaled = houses[["area", "price"]].to_numpy() / 10

# %% tags=["stage:fitted"]
slope = Slope().fit(scaled)

# %% tags=["stage:judge"]
print(slope.predict(scaled)[:2])
error = float((predictions["price"] - test_set["price"]).abs().mean())

# %% tags=["metrics"]
mae = error

# %% tags=["stage:centred"]
centred = houses.assign(area=houses["area"] - houses["area"].mean())

# %% tags=["stage:dummies"]
dummies = pd.get_dummies(houses[["area", "kind"]])

# %% tags=["stage:sorted_by"]
by_price = houses.sort_values("area", ascending=False, ignore_index=True)[["area"]]

# %% tags=["stage:fewer"]
fewer = houses[houses["area"] > 50]

# %% tags=["stage:noisy"]
noisy = houses["area"] + np.random.default_rng().normal(size=len(houses))

# %% tags=["stage:drawn"]
drawn = houses.assign(area=[random.random() for _ in range(len(houses))])

# %% tags=["stage:looked_up"]
prices = pd.read_csv("../rates.csv")
looked = houses["area"] * float(prices["rate"][0])

# %% tags=["stage:written"]
houses.to_csv("../seen.csv")
written = houses[["area"]]

# %% tags=["stage:picky"]
assert len(houses) > 30
picked = houses[["area"]]

# %% tags=["stage:counts"]
seen = {"rows": 0}

# %% tags=["stage:counted"]
seen["rows"] += len(houses)
counted = houses[["area"]]

# %% tags=["stage:last"]
print(len(counted), seen)
print(len(centred), len(dummies), len(by_price), len(fewer), len(noisy), len(drawn), len(looked))
print(len(written), len(picked))
"""

# So that nothing has to look into pickles to see that these are tables.
FORMATS = "[tool.nbstage.formats]\n" + "".join(
    f'{name} = "parquet"\n'
    for name in (
        "train_set",
        "test_set",
        "fewer",
        "by_price",
        "dummies",
        "written",
        "picked",
        "counted",
    )
)


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("houses") / "project"
    root.mkdir()
    (root / "rates.csv").write_text("rate\n2\n")
    return pipeline(root, HOUSES, FORMATS)


Refused = Callable[..., str]


@pytest.fixture
def refused(houses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """What speaks against a path of these stages."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")

    def prove_stages(*stages: str, **settings: str) -> str:
        try:
            return proven(houses, tmp_path / "b", ServeSettings(stages=stages, **settings))[1]  # type: ignore[arg-type]
        except UserError as error:
            return error.message

    return prove_stages


def column(bundle: Bundle, name: str) -> Column:
    return next(one for one in bundle.columns if one.name == name)


def test_a_path_leads_through_a_split_to_the_predictions(houses: Path, tmp_path: Path) -> None:
    bundle, faults = proven(houses, tmp_path / "b", ServeSettings(stages=("features", "predict")))
    assert faults == ""
    assert [(step.stage, step.rows, step.gives) for step in bundle.steps] == [
        ("features", "artifacts/load/houses.parquet", "artifacts/features/features.parquet"),
        ("predict", "artifacts/split/test_set.parquet", "artifacts/predict/predictions.parquet"),
    ]
    # The note makes a feature that no prediction depends on, but the stage asks for it.
    assert [one.name for one in bundle.columns] == ["id", "area", "kind", "old", "note"]
    assert [one.name for one in bundle.outputs] == ["id", "price"]


def test_what_the_path_takes_is_told_of_each_column(houses: Path, tmp_path: Path) -> None:
    bundle, _ = proven(houses, tmp_path / "b", ServeSettings(stages=("features", "predict")))
    kind = column(bundle, "kind")
    assert (kind.kind, kind.categories, kind.fixed) == ("text", ("flat", "house", "hut"), True)
    note = column(bundle, "note")
    assert (note.kind, note.missing, note.fixed) == ("text", True, False)
    area = column(bundle, "area")
    assert (area.kind, area.missing, area.example) == ("number", False, 110.0)
    assert column(bundle, "old").kind == "boolean"
    assert [row["price"] for row in bundle.expected][:1] == [pytest.approx(3112.0, abs=0.1)]


def test_no_example_is_a_row_of_the_table(houses: Path, tmp_path: Path) -> None:
    bundle, _ = proven(houses, tmp_path / "b", ServeSettings(stages=("features", "predict")))
    assert len(bundle.examples) == 9
    assert {row["id"] for row in bundle.examples} == {"example"}


def test_a_model_needs_no_stage(houses: Path, tmp_path: Path) -> None:
    model = "artifacts/train/model.pkl"
    bundle, faults = proven(houses, tmp_path / "b", ServeSettings(model=model))
    assert faults == ""
    assert [one.name for one in bundle.columns] == ["area", "kind", "old"]
    assert [one.name for one in bundle.outputs] == ["prediction"]
    assert bundle.pickles == (model,)


def test_stages_may_go_before_a_model(houses: Path, tmp_path: Path) -> None:
    serve = ServeSettings(stages=("features",), model="artifacts/train/model.pkl")
    bundle, faults = proven(houses, tmp_path / "b", serve)
    assert faults == ""
    assert bundle.steps[0].gives == "artifacts/features/features.parquet"
    assert "price" not in [one.name for one in bundle.columns]


def test_a_model_may_take_an_array(houses: Path, tmp_path: Path) -> None:
    serve = ServeSettings(stages=("scaled",), model="artifacts/fitted/slope.pkl")
    bundle, faults = proven(houses, tmp_path / "b", serve)
    assert faults == ""
    assert bundle.steps[0].gives == "artifacts/scaled/scaled.npy"
    # The stage asks for both, though the model uses one of the two.
    assert [one.name for one in bundle.columns] == ["area", "price"]
    predictor = Predictor(bundle, allow_pickle=True)
    assert len(predictor.predict(predictor.check([{"area": 10.0, "price": 0.0}]).table)) == 1


def test_columns_that_were_told_are_all_that_is_needed(houses: Path, tmp_path: Path) -> None:
    serve = ServeSettings(model="artifacts/train/model.pkl")
    _, faults = proven(houses, tmp_path / "b", serve, ("area", "kind"))
    assert "the model 'artifacts/train/model.pkl' fails: KeyError: 'old'" in faults
    _, faults = proven(houses, tmp_path / "c", serve, ("area", "size"))
    assert faults == "'artifacts/split/train_set.parquet' has no column 'size'"


def test_a_mean_over_all_rows_is_refused(refused: Refused) -> None:
    told = refused("centred")
    assert told.startswith("stage 'centred' gives other values for the same rows in two halves:")
    assert "'area' is" in told
    assert "has to be learned in an earlier stage, and handed on" in told


def test_columns_that_depend_on_the_rows_are_refused(refused: Refused) -> None:
    assert "stage 'dummies' gives other values for the same rows one by one" in refused("dummies")


def test_another_order_of_rows_is_refused(refused: Refused) -> None:
    assert "stage 'sorted_by' gives other values for the same rows" in refused("sorted_by")


def test_a_row_without_a_prediction_is_refused(refused: Refused) -> None:
    assert "stage 'fewer' gives 49 rows for 60: a prediction has to be made of each row" in refused(
        "fewer"
    )


def test_noise_is_refused(refused: Refused) -> None:
    assert "stage 'noisy' gives other values each time" in refused("noisy")
    assert "stage 'drawn' draws random numbers from the global generator" in refused("drawn")


def test_a_file_that_no_request_brings_along_is_refused(refused: Refused) -> None:
    assert "stage 'looked_up' fails: FileNotFoundError" in refused("looked_up")
    assert "(looked_up.py, line" in refused("looked_up")


def test_a_file_that_is_written_is_refused(refused: Refused) -> None:
    told = refused("written")
    assert "stage 'written' writes '" in told or "stage 'written' fails: OSError" in told


def test_a_stage_that_takes_many_rows_only_is_refused(refused: Refused) -> None:
    assert "stage 'picky' fails: AssertionError" in refused("picky")


def test_a_stage_that_remembers_is_refused(refused: Refused) -> None:
    told = refused("counted", output="counted")
    assert (
        "stage 'counted' changes 'seen' while it predicts, which the next rows would meet" in told
    )


def test_code_that_has_changed_since_the_pipeline_ran_is_refused(
    houses: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "project"
    shutil.copytree(houses, changed)
    module = changed / "pipeline/features.py"
    module.write_text(module.read_text().replace('houses["area"] / 10', 'houses["area"] / 11'))
    serve = ServeSettings(stages=("features", "predict"))
    _, faults = proven(changed, tmp_path / "b", serve)
    stored = "artifacts/features/features.parquet"
    assert faults.startswith(
        f"stage 'features' gives other values than the pipeline stored in '{stored}'"
    )
    assert "'area' is 1.81" in faults


def test_what_is_not_there_or_not_clear_is_told_at_once(refused: Refused) -> None:
    told = refused("features", "nowhere", model="artifacts/none/model.joblib")
    assert "names the stage 'nowhere', which dvc.yaml has not from a notebook" in told
    assert "no stage makes the model 'artifacts/none/model.joblib'" in told
    assert "nothing says how a row becomes a prediction" in refused()
    assert 'model = "artifacts/train/model.pkl"' in refused()
