"""Parameters as their user meets them: experiments, a queue, a grid, and back to the notebook."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Project, percent, stages_run

CELLS = """
# %% tags=["parameters"]
n = 1  # how many
rate = 1e-3
mode = "on"
sizes = [64, 32]
net = {"depth": 2, "flags": [True, None]}

# %% tags=["stage:make"]
rows = [rate] * n

# %% tags=["stage:report", "metrics"]
total = sum(rows) + n
depth = int(net["depth"]) + len(sizes) + len(mode)
"""


@pytest.fixture
def ready(project: Project) -> Project:
    """A project that has been converted, run and committed."""
    project.convert(percent(project, "nb", CELLS))
    project.repro()
    project.commit()
    return project


def total(project: Project) -> dict[str, float]:
    found: dict[str, float] = json.loads(project.read("metrics/report.json"))
    return found


@pytest.mark.slow
def test_an_experiments_values_reach_the_stages_and_go_back_to_the_notebook(ready: Project) -> None:
    before = ready.read("notebooks/nb.ipynb")
    output = ready.run("dvc", "exp", "run", "-S", "n=4", "-S", "net.depth=5")
    assert stages_run(output) == ["make", "report"]
    assert total(ready) == {"total": 4.004, "depth": 9}
    rows = {
        row["name"]: row
        for row in json.loads(ready.run("nbstage", "params", "--json"))["parameters"]
    }
    assert [name for name, row in rows.items() if row["differs"]] == ["n", "net"]
    assert rows["n"]["stages"] == ["make", "report"]
    assert "written to notebooks/nb.ipynb: n, net" in ready.run(
        "nbstage", "params", "--to-notebook"
    )
    after = ready.read("notebooks/nb.ipynb")
    assert after == before.replace("n = 1  #", "n = 4  #").replace('depth\\": 2', 'depth\\": 5')
    assert "nothing to change" in ready.run("nbstage", "check")
    assert ready.repro() == []


@pytest.mark.slow
def test_a_grid_in_the_queue_runs_once_for_each_value(ready: Project) -> None:
    told = ready.run("dvc", "exp", "run", "--queue", "-S", "n=2,3", "-S", "rate=0.5,1.0")
    assert told.count("Queued experiment") == 4
    ready.run("dvc", "exp", "run", "--run-all")
    _, shown = json.loads(ready.run("dvc", "exp", "show", "--json"))
    found = {
        (values["n"], values["rate"]): metrics["total"]
        for experiment in shown["experiments"]
        for data in [experiment["revs"][0]["data"]]
        for values in [data["params"]["params.yaml"]["data"]]
        for metrics in [data["metrics"]["metrics/report.json"]["data"]]
    }
    assert found == {(2, 0.5): 3.0, (2, 1.0): 4.0, (3, 0.5): 4.5, (3, 1.0): 6.0}
    assert total(ready)["total"] == 1.001  # the workspace is as it was


@pytest.mark.slow
def test_an_experiment_keeps_the_types_of_the_values_it_leaves_alone(ready: Project) -> None:
    ready.run("dvc", "exp", "run", "-S", "n=2")
    rows = json.loads(ready.run("nbstage", "params", "--json"))["parameters"]
    assert {row["name"]: row["differs"] for row in rows} == {
        "n": True,
        "rate": False,
        "mode": False,
        "sizes": False,
        "net": False,
    }
