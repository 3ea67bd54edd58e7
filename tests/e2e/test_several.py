"""Several notebooks of one project as their user meets them: names alike, values apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project, percent, stages_run

pytestmark = pytest.mark.slow

NOTEBOOK = """
# %% tags=["parameters"]
seed = {seed}

# %% tags=["functions"]
class Box:
    def __init__(self, size):
        self.{attribute} = size * {factor}

# %% tags=["stage:load"]
box = Box(seed)
{files}

# %% tags=["check"]
assert box.{attribute} == seed * {factor}

# %% tags=["stage:report", "metrics"]
size = box.{attribute}
"""
WRITES = 'open("../data/made.txt", "w").write(str(seed))'
READS = 'box.given = int(open("../data/made.txt").read())'


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A project made by `nbstage init`, with two notebooks that call everything alike."""
    project = new_project(tmp_path / "project")
    first = NOTEBOOK.format(seed=1, attribute="area", factor=2, files=WRITES)
    second = NOTEBOOK.format(seed=5, attribute="volume", factor=3, files=READS)
    percent(project, "explore", first)
    percent(project, "train", second)
    return project


def sizes(project: Project) -> dict[str, int]:
    names = ("explore_report", "load_report", "train_report", "report")
    files = {name: project.root / f"metrics/{name}.json" for name in names}
    return {
        name: json.loads(file.read_text())["size"] for name, file in files.items() if file.is_file()
    }


def test_two_notebooks_that_call_everything_alike_are_one_pipeline(fresh: Project) -> None:
    assert '"notebooks/train.ipynb" = "train"' in fresh.refuses("nbstage", "convert")
    settings = '\n[tool.nbstage.prefixes]\n"notebooks/train.ipynb" = "train"\n'
    settings += '"notebooks/explore.ipynb" = "explore"\n'
    fresh.write("pyproject.toml", fresh.read("pyproject.toml") + settings)
    fresh.convert()
    assert fresh.repro() == ["explore_load", "explore_report", "train_load", "train_report"]
    assert sizes(fresh) == {"explore_report": 2, "train_report": 15}
    assert fresh.repro() == []
    assert "2 passed" in fresh.run(
        "pytest", "-q", "tests/test_explore_load.py", "tests/test_train_load.py"
    )
    fresh.commit()
    output = fresh.run("dvc", "exp", "run", "-S", "train.seed=6")
    assert stages_run(output) == ["train_load", "train_report"]
    assert sizes(fresh) == {"explore_report": 2, "train_report": 18}
    row, *_ = json.loads(fresh.run("nbstage", "params", "notebooks/train.ipynb", "--json"))[
        "parameters"
    ]
    assert (row["key"], row["notebook"], row["params_yaml"]) == ("train.seed", 5, 6)
    told = fresh.run("nbstage", "verify", "notebooks/train.ipynb")
    assert "box" in told
    fresh.run("nbstage", "params", "notebooks/train.ipynb", "--to-notebook")
    assert "seed = 6" in fresh.read("notebooks/train.ipynb")
    told = fresh.run("nbstage", "show", "notebooks/train.ipynb")
    assert "train.seed" in told


def test_a_queue_of_values_and_a_prefix_that_comes_later(fresh: Project) -> None:
    (fresh.root / "notebooks/train.ipynb").unlink()
    fresh.convert()
    fresh.repro()
    fresh.write("params.yaml", "# how many\nseed: 4\n")
    fresh.commit()
    settings = '\n[tool.nbstage.prefixes]\n"notebooks/explore.ipynb" = "explore"\n'
    fresh.write("pyproject.toml", fresh.read("pyproject.toml") + settings)
    fresh.convert()
    assert fresh.read("params.yaml") == "explore:\n  # how many\n  seed: 4\n"
    assert sorted(fresh.repro()) == ["explore_load", "explore_report"]
    assert "\n  load:" not in fresh.read("dvc.lock") + fresh.read("dvc.yaml")
    fresh.commit()
    told = fresh.run("dvc", "exp", "run", "--queue", "-S", "explore.seed=2,3")
    assert told.count("Queued experiment") == 2
    fresh.run("dvc", "exp", "run", "--run-all")
    _, shown = json.loads(fresh.run("dvc", "exp", "show", "--json"))
    found = sorted(
        experiment["revs"][0]["data"]["metrics"]["metrics/explore_report.json"]["data"]["size"]
        for experiment in shown["experiments"]
    )
    assert found == [4, 6]
    fresh.run("nbstage", "trace", "notebooks/explore.ipynb")
    assert "nothing to change" in fresh.run("nbstage", "check")


def test_an_edit_of_a_module_with_a_prefix_goes_back(fresh: Project) -> None:
    (fresh.root / "notebooks/train.ipynb").unlink()
    settings = '\n[tool.nbstage.prefixes]\n"notebooks/explore.ipynb" = "explore"\n'
    fresh.write("pyproject.toml", fresh.read("pyproject.toml") + settings)
    fresh.convert()
    fresh.commit()
    fresh.replace("pipeline/explore_load.py", "box = Box(seed)", "box = Box(seed + 1)")
    fresh.run("nbstage", "sync")
    assert "box = Box(seed + 1)" in fresh.read("notebooks/explore.ipynb")
    assert "nothing to change" in fresh.run("nbstage", "check")
