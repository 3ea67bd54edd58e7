"""The path from a row to a prediction, as dvc.yaml and the settings tell it."""

from __future__ import annotations

from nbstage.bundle.entries import read_entries
from nbstage.bundle.path import Way, find_path
from nbstage.serve_settings import ServeSettings


def entry(name: str, takes: str = "", makes: str = "", more: str = "") -> str:
    """A stage of dvc.yaml; `x.y` is the artifact y of stage x."""
    deps = [f"pipeline/{name}.py", *map(artifact, takes.split()), *more.split()]
    outs = [artifact(f"{name}.{one}") for one in makes.split()]
    lines = [f"  {name}:", f"    cmd: python -m pipeline.{name}", "    deps:"]
    lines += [f"      - {path}" for path in deps]
    lines += ["    outs:", *(f"      - {path}" for path in outs)] if outs else []
    return "\n".join(lines) + "\n"


def artifact(name: str) -> str:
    stage, _, variable = name.partition(".")
    ending = "joblib" if variable.startswith("model") else "parquet"
    return f"artifacts/{stage}/{variable}.{ending}"


def marked(stage: str) -> str:
    return f"{stage}    meta:\n      predict: true\n"


def path_of(text: str, model: str = "model", **said: object) -> tuple[Way, str]:
    entries = read_entries(f"stages:\n{text}")
    tables = {path for one in entries.stages.values() for path in one.makes}
    tables = {path for path in tables if path.endswith(".parquet")}
    serve = ServeSettings(**said)  # type: ignore[arg-type]
    way, faults = find_path(entries, serve, model, frozenset(tables))
    return way, "\n".join(faults)


LOAD = entry("load", makes="rows")
FEATURES = entry("features", "load.rows", "table")
SPLIT = entry("split", "features.table", "train test")
TRAIN = entry("train", "split.train", "model")
PREDICT = entry("predict", "split.test train.model", "found")


def test_the_only_model_predicts_from_the_table_it_was_trained_on() -> None:
    way, faults = path_of(LOAD + FEATURES + SPLIT + TRAIN)
    assert faults == ""
    assert (way.steps, way.estimator) == ((), "artifacts/train/model.joblib")
    assert way.table == "artifacts/split/train.parquet"
    # Whatever the model holds was defined in one of these.
    assert way.modules == tuple(
        f"pipeline/{name}.py" for name in ("features", "load", "split", "train")
    )
    assert way.artifacts == ("artifacts/train/model.joblib",)


def test_marked_stages_go_before_the_only_model() -> None:
    way, faults = path_of(LOAD + marked(FEATURES) + SPLIT + TRAIN)
    assert faults == ""
    (step,) = way.steps
    assert (step.stage, step.rows, step.gives) == (
        "features",
        "artifacts/load/rows.parquet",
        "artifacts/features/table.parquet",
    )
    assert way.estimator == "artifacts/train/model.joblib"


def test_a_split_lies_between_two_steps() -> None:
    way, faults = path_of(LOAD + marked(FEATURES) + SPLIT + TRAIN + marked(PREDICT))
    assert faults == ""
    assert way.estimator == ""
    assert [step.rows for step in way.steps] == [
        "artifacts/load/rows.parquet",
        "artifacts/split/test.parquet",
    ]
    assert way.artifacts == ("artifacts/train/model.joblib",)


def test_the_settings_order_nothing_and_win_over_marks() -> None:
    text = LOAD + FEATURES + SPLIT + TRAIN + marked(PREDICT)
    way, _ = path_of(text, stages=("predict", "features"))
    assert [step.stage for step in way.steps] == ["features", "predict"]


def test_a_model_that_dvc_yaml_declares_is_the_one_that_was_registered() -> None:
    declared = "artifacts:\n  a:\n    path: artifacts/two/model.joblib\n  b:\n    path: x.csv\n"
    declared += "    type: dataset\n"
    text = LOAD + entry("one", "load.rows", "model") + entry("two", "load.rows", "model") + declared
    way, faults = path_of(text)
    assert (way.estimator, faults) == ("artifacts/two/model.joblib", "")
    assert path_of(text, model="a")[0].estimator == "artifacts/two/model.joblib"


def test_what_leaves_a_choice_is_asked_for() -> None:
    _, faults = path_of(LOAD + entry("one", "load.rows", "model") + entry("two", "", "model"))
    assert "nothing says how a row becomes a prediction" in faults
    assert 'model = "artifacts/one/model.joblib"' in faults

    text = LOAD + entry("more", makes="rows") + marked(entry("both", "load.rows more.rows", "x"))
    _, faults = path_of(text)
    assert "stage 'both' takes 'rows' and 'rows': which are the rows to predict?" in faults

    text = LOAD + marked(entry("both", "load.rows", "x y"))
    _, faults = path_of(text)
    assert "stage 'both' hands on 'x' and 'y': which goes on? write `output = ...`" in faults
    way, faults = path_of(text, output="y")
    assert (way.steps[0].gives, faults) == ("artifacts/both/y.parquet", "")

    _, faults = path_of(LOAD + marked(entry("last", "load.rows")))
    assert "stage 'last' hands on nothing for later stages: which goes on? let a later" in faults

    _, faults = path_of(LOAD + FEATURES, input="rows", stages=("load",))
    assert "stage 'load' takes no table 'rows' that could be the rows to predict" in faults


def test_the_input_may_be_told_where_a_stage_takes_several() -> None:
    text = LOAD + entry("prices", makes="list") + entry("join", "load.rows prices.list", "x")
    way, faults = path_of(text, stages=("join",), input="rows")
    assert faults == ""
    assert way.table == "artifacts/load/rows.parquet"
    assert way.artifacts == ("artifacts/prices/list.parquet",)


def test_a_stage_that_runs_as_a_notebook_is_no_step() -> None:
    _, faults = path_of(LOAD + marked(entry("nb", "load.rows", "x", more="pipeline/nb.ipynb")))
    assert "stage 'nb' runs as a notebook, which can't be done for each request" in faults


def test_a_dvc_yaml_of_other_stages_has_no_path() -> None:
    text = "  own:\n    cmd: ./run\n    outs:\n      - artifacts/own/model.joblib\n"
    assert "nothing says how a row becomes a prediction" in path_of(text)[1]
    assert "nothing says how a row becomes a prediction" in path_of("]")[1]
