"""The repository as its own first user: the churn example, its pipeline and DVC."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbstage import app
from tests.e2e.conftest import ROOT, Project, stages_run

NOTEBOOK = "notebooks/churn.ipynb"


def cell(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (cell for cell in notebook["cells"] if cell["id"] == name)
    assert isinstance(found, dict)
    return found


def edit(project: Project, name: str, old: str, new: str) -> None:
    """Change the source of a cell of the notebook."""
    notebook = json.loads(project.read(NOTEBOOK))
    found = cell(notebook, name)
    source = "".join(found["source"])
    assert source.count(old) == 1
    found["source"] = source.replace(old, new)
    project.write(NOTEBOOK, json.dumps(notebook))


def changed_stages(project: Project) -> list[str]:
    """The stages that DVC finds changed by themselves."""
    return sorted(json.loads(project.run("dvc", "status", "--json")))


def test_the_pipeline_in_the_checkout_is_in_step_with_the_notebook() -> None:
    outcome = app.check(ROOT, ())
    assert [change.path for change in outcome.changes] == []
    assert [problem.message for problem in outcome.problems] == []


def test_its_code_alone_tells_what_a_traced_run_saw(tmp_path: Path) -> None:
    for name in ("notebooks", "pipeline", ".nbstage"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("dvc.yaml", "dvc.lock", "params.yaml", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "notebooks/churn.trace.json").unlink()
    assert app.check(tmp_path, ()).changes == ()


@pytest.mark.slow
def test_check_says_that_the_checkout_is_in_step() -> None:
    Project(ROOT).run("nbstage", "check")


@pytest.mark.slow
def test_what_is_written_for_the_example_is_clean(
    reproduced: Project, mypy: tuple[str, ...]
) -> None:
    reproduced.run("ruff", "check", "--isolated", "--no-cache", "pipeline")
    reproduced.run("ruff", "format", "--check", "--isolated", "--no-cache", "pipeline")
    reproduced.run(*mypy, "pipeline")


@pytest.mark.slow
def test_metrics_are_those_in_the_notebook_to_the_last_digit(reproduced: Project) -> None:
    (output,) = cell(json.loads(reproduced.read(NOTEBOOK)), "metrics")["outputs"]
    in_notebook = ast.literal_eval("".join(output["data"]["text/plain"]))
    assert json.loads(reproduced.read("metrics/evaluate.json")) == in_notebook


@pytest.mark.slow
def test_what_git_keeps_of_the_results_is_what_repro_gives(reproduced: Project) -> None:
    committed = Project(ROOT)
    assert reproduced.files("metrics") == committed.files("metrics")
    assert reproduced.files("plots") == committed.files("plots")


@pytest.mark.slow
def test_a_second_repro_says_that_all_is_up_to_date(reproduced: Project) -> None:
    output = reproduced.run("dvc", "repro")
    assert stages_run(output) == []
    assert "Data and pipelines are up to date." in output


@pytest.mark.slow
def test_a_second_convert_changes_nothing(reproduced: Project) -> None:
    assert "create" not in reproduced.convert()
    assert changed_stages(reproduced) == []


@pytest.mark.slow
def test_an_experiment_with_another_value_runs_what_uses_it(example: Project) -> None:
    example.commit()
    before = example.read("metrics/evaluate.json")
    output = example.run("dvc", "exp", "run", "--set-param", "n_estimators=50")
    assert stages_run(output) == ["train", "evaluate"]
    assert "n_estimators: 50 " in example.read("params.yaml").replace("\n", " ")
    assert example.read("metrics/evaluate.json") != before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("calibration_bins: 10", "calibration_bins: 5", ["evaluate"]),
        ("max_depth: 9", "max_depth: 3", ["train", "evaluate"]),
        ("test_size: 0.25", "test_size: 0.5", ["split", "train", "evaluate"]),
    ],
)
def test_another_value_in_params_runs_its_users_and_what_follows(
    example: Project, old: str, new: str, expected: list[str]
) -> None:
    example.replace("params.yaml", old, new)
    assert "create" not in example.convert()
    assert new in example.read("params.yaml")
    assert example.repro() == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "helper", "expected"),
    [
        ('== "Yes").sum(', '!= "No").sum(', "count_services", ["features"]),
        ("].median()", "].mean()", "peer_price", ["evaluate", "train"]),
        ('"customers": len(group)', '"size": len(group)', "score_slices", ["evaluate"]),
        (").lower()", ").casefold()", "snake_case", ["clean"]),
    ],
)
def test_a_helpers_edit_touches_just_its_users(
    example: Project, old: str, new: str, helper: str, expected: list[str]
) -> None:
    before = example.files("pipeline")
    edit(example, "functions", old, new)
    example.convert()
    after = example.files("pipeline")
    assert [path for path in after if after[path] != before.get(path)] == [
        f"pipeline/helpers/{helper}.py"
    ]
    assert changed_stages(example) == expected


@pytest.mark.slow
def test_a_stages_edit_touches_just_its_module(example: Project) -> None:
    before = example.files("pipeline")
    edit(example, "clean", 'mask(blank, "0")', 'mask(blank, "0.0")')
    example.convert()
    after = example.files("pipeline")
    assert [path for path in after if after[path] != before[path]] == ["pipeline/clean.py"]
    assert example.repro() == ["clean"]  # what it hands on is the same as before


@pytest.mark.slow
def test_text_outputs_and_exploration_touch_nothing(example: Project) -> None:
    edit(example, "train-heading", "random forest", "forest")
    edit(example, "explore-contract", "width=0.6", "width=0.5")
    notebook = json.loads(example.read(NOTEBOOK))
    for found in notebook["cells"]:
        if found["cell_type"] == "code":
            found |= {"outputs": [], "execution_count": None}
    example.write(NOTEBOOK, json.dumps(notebook))
    before = example.files("pipeline")
    example.convert()
    assert example.files("pipeline") == before
    assert changed_stages(example) == []


@pytest.mark.slow
def test_a_renamed_stage_leaves_nothing_behind(example: Project) -> None:
    notebook = json.loads(example.read(NOTEBOOK))
    cell(notebook, "features")["metadata"]["tags"] = ["stage:add_features"]
    example.write(NOTEBOOK, json.dumps(notebook))
    example.convert()
    assert not (example.root / "pipeline/features.py").exists()
    assert "features:" not in example.read("dvc.yaml").replace("add_features:", "")
    assert "pipeline/features.py" not in example.read("dvc.lock")
    assert example.repro() == ["add_features", "split"]  # which then hands on what it did before
    assert "pipeline/add_features.py" in example.read("dvc.lock")


@pytest.mark.slow
def test_a_batch_predicts_what_the_notebook_has_predicted(example: Project) -> None:
    predicted = pd.read_csv(example.root / "predictions/churn_test.csv", index_col="id")
    customers = pd.read_parquet(example.root / "artifacts/clean/customers.parquet")
    source = customers[customers["customer_id"].isin(predicted.index)].drop(columns="churn")
    source.to_csv(example.root / "in.csv", index=False)
    told = example.run("nbstage", "score", ".", "in.csv", "out.parquet", "--allow-pickle")
    assert f"{len(predicted):,} predictions for {len(predicted):,} rows" in told
    found = pd.read_parquet(example.root / "out.parquet").set_index("customer_id")
    assert found["probability_1"].to_dict() == predicted["score"].to_dict()
