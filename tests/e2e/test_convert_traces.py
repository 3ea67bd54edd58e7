"""`nbstage convert` on a notebook whose code leaves open what a module beside it does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.e2e.conftest import Project, percent

pytestmark = pytest.mark.slow

MODULE = """
import json
from pathlib import Path


def measure(n):
    return {"rows": [[i, i * i] for i in range(n)]}


def look(data):
    return len(data["rows"])


def sort(data):
    data["rows"].sort(reverse=True)


def keep(data, folder):
    for i, row in enumerate(data["rows"]):
        Path(folder, f"row{i}.json").write_text(json.dumps(row))
"""
NOTEBOOK = """
# %% tags=["imports"]
import lab
# %% tags=["parameters"]
n = 2
# %% tags=["stage:measure"]
data = lab.measure(n)
# %% tags=["skip"]
lab.look(data)
# %% tags=["stage:sort"]
lab.sort(data)
lab.keep(data, "../data")
# %% tags=["stage:show", "metrics"]
largest = data["rows"][0][1]
rows = len(list(open("../data/row1.json").read()))
"""


TRACE = "notebooks/lab.trace.json"


@pytest.fixture
def lab(project: Project) -> Project:
    project.write("notebooks/lab.py", MODULE)
    project.write("data/.gitignore", "*.json\n")
    percent(project, "lab", NOTEBOOK)
    return project


def test_a_notebook_that_leaves_much_open_is_traced_once_and_then_means_what_it_meant(
    lab: Project,
) -> None:
    first = lab.convert()
    assert "traced notebooks/lab.ipynb, for what the code of cells" in first
    assert lab.repro() == ["measure", "sort", "show"]
    assert json.loads(lab.read("metrics/show.json")) == {"largest": 1, "rows": 6}
    assert "- data/row0.json\n      - data/row1.json\n" in lab.read("dvc.yaml")
    assert "nothing to change" in lab.convert()
    facts = lab.read(TRACE)

    lab.replace(
        "notebooks/lab.ipynb", "largest = data", '# the largest square\\n",\n    "largest = data'
    )
    assert "traced" not in lab.convert(), "an edit of code that leaves nothing open needs no run"
    assert lab.repro() == ["show"]
    assert lab.read(TRACE) == facts

    lab.replace("notebooks/lab.ipynb", "lab.sort(data)", "lab.sort(data); lab.look(data)")
    assert "traced" in lab.convert()
    assert lab.read(TRACE) != facts


def test_without_a_run_the_same_notebook_is_refused(lab: Project) -> None:
    told = lab.refuses("nbstage", "convert", "--static")
    assert "error[NBS204]" in told
    assert "nothing was written" in told
    assert not (lab.root / TRACE).exists()


def test_a_notebook_that_fails_is_converted_from_its_code_alone(lab: Project) -> None:
    text = NOTEBOOK.replace("lab.look(data)", "print(data)")
    percent(lab, "lab", text.replace("largest = ", "largest = 1 / (n - 2) + "))
    told = lab.convert()
    assert "not traced notebooks/lab.ipynb: cell 6 (stage 'show'): ZeroDivisionError" in told
    assert "next: nbstage repro (or dvc repro)" in told
    assert not (lab.root / TRACE).exists()


def test_a_log_of_the_conversion_in_the_project_is_no_file_of_the_notebook(lab: Project) -> None:
    with (lab.root / "out.log").open("w") as log:
        command = [sys.executable, "-m", "nbstage", "convert"]
        subprocess.run(command, cwd=lab.root, stdout=log, stderr=log, check=True)
    assert "traced notebooks/lab.ipynb" in lab.read("out.log")
    assert "out.log" not in lab.read(TRACE)
