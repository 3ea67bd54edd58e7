"""A contract from a stored table to a stage that stops, in a project made with `nbstage init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import new_project, percent

pytestmark = pytest.mark.slow

PEOPLE = """
# %% tags=["stage:load"]
import pandas as pd

people = pd.read_csv("../data/people.csv", parse_dates=["joined"])

# %% tags=["stage:mean"]
mean = people["age"].mean()

# %% tags=["metrics"]
age = float(mean)
"""


def test_a_contract_stops_the_stage_that_breaks_it(tmp_path: Path) -> None:
    project = new_project(tmp_path / "project")
    percent(project, "people", PEOPLE)
    rows = [f"{20 + n},{'ab'[n % 2]},2026-01-{1 + n:02}" for n in range(20)]
    project.write("data/people.csv", "\n".join(["age,plan,joined", *rows, ""]))
    project.convert()
    project.repro()

    assert "create  contracts/load/people.yaml: 3 columns" in project.run("nbstage", "contract")
    assert "update  pipeline/load.py" in project.convert()
    assert project.repro() == ["load"]
    assert project.repro() == []
    assert "nothing to change" in project.run("nbstage", "check")

    project.write("data/people.csv", project.read("data/people.csv").replace("25,b", "-7,c"))
    told = project.fails("dvc", "repro")
    assert "column 'age' is less than 19 in 1 row: -7 (row 5)" in told
    assert "column 'plan' is none of the contract's values in 1 row: 'c' (row 5)" in told
    assert "Traceback" not in told

    text = project.read("contracts/load/people.yaml")
    mended = text.replace("min: 19", "min: -10").replace("[a, b]", "[a, b, c]")
    project.write("contracts/load/people.yaml", mended)
    assert project.repro()[0] == "load"

    kept = project.run("nbstage", "contract", "load.people")
    assert "keep    contracts/load/people.yaml" in kept
    assert project.read("contracts/load/people.yaml") == mended
    project.run("nbstage", "contract", "--update")
    assert project.read("contracts/load/people.yaml") != mended
