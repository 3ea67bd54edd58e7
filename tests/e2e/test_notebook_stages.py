"""Stages tagged `executor:notebook`, as their user meets them."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Project, new_project, percent, stages_run

pytestmark = pytest.mark.slow

CELLS = """
# %% tags=["imports"]
import numpy as np
import matplotlib.pyplot as plt

# %% tags=["parameters"]
n = 4  # how many
title = "it's \\"so\\""

# %% tags=["functions"]
class Box:
    def __init__(self, size):
        self.size = size

# %% tags=["stage:load"]
np.random.seed(3)
rows = np.random.rand(n)

# %% tags=["stage:look", "executor:notebook"]
# Look at the rows.
def twice(x):
    return 2 * x
%matplotlib inline
plt.plot(rows)
plt.title(title)

# %%
print("rows:", len(rows))
!echo hello > ../data/hello.txt
rows[0] = np.random.rand()
box = Box(twice(len(rows)))
box.size

# %% tags=["metrics"]
size = box.size

# %% tags=["stage:end"]
with open("../data/end.txt", "w") as file:
    print(rows, box.size, np.random.rand(), file=file)
"""
EXECUTED = "artifacts/look/look.ipynb"


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A project made by `nbstage init`, without its first notebook."""
    project = new_project(tmp_path / "project")
    return project


def outputs(project: Project) -> list[list[dict[str, Any]]]:
    """The outputs of each cell of the executed notebook."""
    return [cell["outputs"] for cell in json.loads(project.read(EXECUTED))["cells"]]


def test_the_executed_notebook_is_an_output_and_all_is_as_in_the_notebook(fresh: Project) -> None:
    fresh.convert(percent(fresh, "nb", CELLS))
    assert "rows: 4" in fresh.run("dvc", "repro")
    assert fresh.repro() == []
    assert json.loads(fresh.read("metrics/look.json")) == {"size": 8}
    injected, opening, drawing, box, *_ = json.loads(fresh.read(EXECUTED))["cells"]
    assert injected["metadata"] == {"tags": ["injected-parameters"]}
    assert "".join(injected["source"]) == "# Parameters\ntitle = 'it\\'s \"so\"'"
    assert opening["metadata"] == {"tags": ["nbstage-inputs"]}
    (shown,) = (one for one in drawing["outputs"] if "image/png" in one["data"])
    picture = fresh.root / "plots/look/figures/figure_1.png"
    assert picture.read_bytes() == base64.b64decode(shown["data"]["image/png"])
    assert drawing["source"][0] == "%matplotlib inline\n"
    assert "!echo hello > ../data/hello.txt\n" in box["source"]
    assert [one["output_type"] for one in box["outputs"]] == ["stream", "execute_result"]
    assert "class Box" not in fresh.read("pipeline/look.ipynb")
    fresh.run("nbstage", "verify")
    assert "2 passed, 2 skipped" in fresh.run("pytest", "-q", "tests")
    fresh.commit()
    before = fresh.read(EXECUTED)
    fresh.run("pipeline.look")
    assert fresh.read(EXECUTED) == before
    assert stages_run(fresh.run("dvc", "exp", "run", "-S", "title=new")) == ["look"]
    assert "title = 'new'" in fresh.read(EXECUTED)
    assert "nothing to change" in fresh.run("nbstage", "check")


FAILING = """
# %% tags=["stage:load", "raises-exception"]
#| executor: notebook
print("before")
1 / 0

# %%
rows = [1]
print("the first")

# %%
print("the second")
raise ValueError("no such luck")

# %%
print("never")

# %% tags=["stage:end"]
print(rows)
"""


def test_a_cell_that_fails_leaves_what_it_showed(fresh: Project) -> None:
    fresh.convert(percent(fresh, "nb", FAILING))
    told = fresh.fails("dvc", "repro")
    assert "ValueError: no such luck" in told
    assert "----> 2 raise ValueError" in told
    assert "cell 4 of the stage's notebook failed" in told
    assert "nbstage: the notebook with all that it showed up to there is" in told
    assert "artifacts/load/load.ipynb" in told
    assert "Traceback (most recent call last):\n  File" not in told
    cells = json.loads(fresh.read("artifacts/load/load.ipynb"))["cells"]
    shown = [[one["output_type"] for one in cell["outputs"]] for cell in cells]
    assert shown == [[], ["stream", "error"], ["stream"], ["stream", "error"], [], []]
    assert not (fresh.root / "artifacts/load/rows.pkl").exists()
    fresh.replace("notebooks/nb.ipynb", 'raise ValueError(\\"no such luck\\")', "rows += [2]")
    fresh.convert()
    assert fresh.repro() == ["load", "end"]


def test_an_edit_of_the_written_notebook_is_kept_and_told_of(fresh: Project) -> None:
    fresh.convert(percent(fresh, "nb", FAILING))
    fresh.replace("pipeline/load.ipynb", "the first", "the very first")
    assert "was edited by hand" in fresh.refuses("nbstage", "convert")
    assert "made of whole cells" in fresh.refuses("nbstage", "sync")
    fresh.run("nbstage", "convert", "--force")
    assert "the very first" not in fresh.read("pipeline/load.ipynb")


def test_a_markdown_cell_or_a_tag_changes_nothing(fresh: Project) -> None:
    fresh.convert(percent(fresh, "nb", FAILING))
    percent(fresh, "nb", "# %% [markdown]\n# A heading\n" + FAILING)
    assert "nothing to change" in fresh.run("nbstage", "check")


WAITING = """
# %% tags=["stage:wait", "executor:notebook"]
import os, time
print("it is", flush=True)
# %%
with open("../pid.txt", "w") as file:
    file.write(str(os.getpid()))
time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="the signals are POSIX's")
def test_what_is_interrupted_ends_with_its_kernel(fresh: Project) -> None:
    fresh.convert(percent(fresh, "nb", WAITING))
    pid = fresh.root / "pid.txt"
    stage = subprocess.Popen([sys.executable, "-m", "pipeline.wait"], cwd=fresh.root)
    deadline = time.monotonic() + 120
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    kernel = int(pid.read_text())
    stage.send_signal(signal.SIGINT)
    assert stage.wait(60) != 0
    while _lives(kernel) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _lives(kernel)
    cells = json.loads(fresh.read("artifacts/wait/wait.ipynb"))["cells"]
    assert cells[1]["outputs"][0]["text"] == ["it is\n"]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_package_that_is_missing_is_named(fresh: Project) -> None:
    fresh.convert(percent(fresh, "nb", FAILING))
    fresh.write("papermill.py", "raise ModuleNotFoundError(name='papermill')\n")
    told = fresh.fails("pipeline.load")
    assert "needs the package 'papermill'" in told
    assert "nbstage[notebooks]" in told
