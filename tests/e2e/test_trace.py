"""A notebook run once for its facts, in a real kernel."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbstage.model import CellFacts
from nbstage.trace.run import Failure, Keep, Ran, run_notebook
from tests.e2e.conftest import Project, percent
from tests.notebooks_as_text import notebook

pytestmark = pytest.mark.slow

SECRET = "tapirs-at-midnight"

EVERYTHING = f"""
# %% tags=["parameters"]
n = 3
rate = 0.5
missing = None
# %%
import os, random, socket, subprocess, sys, weakref
import numpy as np
import pandas as pd
secret = "{SECRET}"
table = pd.DataFrame({{"{SECRET}": [1.5, 2.5]}})
odd = {{1: "{SECRET}"}}
# %%
text = open("../data/in.txt").read()
with open("out.txt", "w") as file:
    file.write(secret)
names = os.listdir("../data")
# %%
import tempfile
with tempfile.NamedTemporaryFile() as passing:
    passing.write(b"x")
os.rename("out.txt", "moved.txt")
os.path.exists("nowhere")
try:
    open("nowhere")
except OSError:
    pass
# %%
subprocess.run([sys.executable, "-c", "open('child.txt', 'w')", secret], check=True)
!sort moved.txt --output=sorted.txt && env SECRET={SECRET} cat sorted.txt > /dev/null
# %%
try:
    socket.create_connection(("localhost", 9), timeout=0.2)
except OSError:
    pass
os.environ.get("TRACE_TEST", ""), "OTHER_TEST" in os.environ
# %%
x = random.random() + np.random.rand()
np.random.seed(7)
# %%
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.plot([1, 2])
# %% tags=["raises-exception"]
raise KeyError(secret)
# %%
try:
    input("who? ")
except Exception as error:
    refused = type(error).__name__
# %%

# %%
#| stage: last
get_ipython().run_cell("inner = 1")
class Noted:
    pass
noted = Noted()
alive = weakref.ref(noted)
order = list({{Noted() for _ in range(5)}})
# %%
del noted
gone = alive() is None
await __import__("asyncio").sleep(0)
done = (n, rate, missing, gone)
"""


@dataclass(frozen=True, slots=True)
class Run:
    root: Path
    ran: Ran
    started: list[int]
    kept: Path

    def cell(self, number: int) -> CellFacts:
        """The facts of the cell with this number, from 1."""
        return self.ran.facts[number - 1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All that a notebook may do, in one kernel."""
    root = tmp_path_factory.mktemp("project")
    (root / "notebooks").mkdir()
    (root / "data").mkdir()
    (root / "data" / "in.txt").write_text("in")
    kept = tmp_path_factory.mktemp("kept")
    started: list[int] = []
    ran = run_notebook(
        root,
        notebook(EVERYTHING),
        workdir="notebooks",
        parameters={"n": 3, "rate": float("nan"), "missing": [1, "x"]},
        keep=(Keep(13, ("done",), f"{kept}/done"), Keep(13, ("file", "nothing"), f"{kept}/two")),
        formats={2: ("table", "odd", "secret", "np"), 12: ("noted",)},
        environment={"TRACE_TEST": SECRET},
        started=started.append,
    )
    assert ran.failure is None, ran.failure
    return Run(root, ran, started, kept)


def test_every_code_cell_has_facts_and_an_empty_one_does_nothing(run: Run) -> None:
    assert len(run.ran.facts) == 13
    assert run.started == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13]
    assert run.cell(11) == CellFacts(run.cell(11).code)


def test_types_are_told_by_their_public_names(run: Run) -> None:
    assert run.cell(2).binds["table"] == "pandas.DataFrame"
    assert run.cell(2).binds["odd"] == "dict"
    assert run.cell(2).binds["np"] == "module"
    assert run.cell(1).binds == {"missing": "list", "n": "int", "rate": "float"}


def test_parameters_take_the_place_of_the_notebooks_own_where_they_differ(run: Run) -> None:
    n, rate, missing, _ = pickle.loads((run.kept / "done").read_bytes())
    assert (n, missing) == (3, [1, "x"])
    assert rate != rate


def test_files_are_told_relative_to_the_project(run: Run) -> None:
    assert run.cell(3).reads == ("data/in.txt",)
    assert run.cell(3).writes == ("notebooks/out.txt",)
    assert run.cell(3).lists == ("data",)


def test_files_that_come_and_go_within_a_cell_and_those_that_are_missing_are_left_out(
    run: Run,
) -> None:
    assert run.cell(4).reads == ()
    assert run.cell(4).writes == ("notebooks/moved.txt", "notebooks/out.txt")


def test_what_other_processes_write_is_seen_and_their_arguments_are_not(run: Run) -> None:
    python = Path(sys.executable).name
    assert run.cell(5).writes == ("notebooks/child.txt", "notebooks/sorted.txt")
    assert run.cell(5).processes == tuple(sorted(("cat", python, "sort")))


def test_network_and_environment_are_told_by_name(run: Run) -> None:
    assert run.cell(6).network == ("localhost:9",)
    assert run.cell(6).environment == ("OTHER_TEST", "TRACE_TEST")


def test_random_draws_and_seeds_are_told(run: Run) -> None:
    assert run.cell(7).draws == ("random",)
    assert run.cell(7).seeds == ("numpy",)


def test_open_figures_are_counted_before_jupyter_closes_them(run: Run) -> None:
    assert run.cell(8).figures == 1
    assert ("axes", "figure") in run.cell(8).shares


def test_a_cell_may_raise_if_its_tag_says_so(run: Run) -> None:
    assert run.cell(9).raised == "KeyError"


def test_a_question_to_the_user_fails_and_does_not_hang(run: Run) -> None:
    assert run.cell(10).binds["refused"] == "str"


def test_formats_are_those_that_give_the_value_back(run: Run) -> None:
    assert run.cell(2).formats == {
        "np": "pickle",
        "odd": "pickle",
        "secret": "json",
        "table": "parquet",
    }
    assert run.cell(12).formats == {"noted": "pickle"}


def test_an_object_is_gone_when_the_notebook_lets_go_of_it(run: Run) -> None:
    assert pickle.loads((run.kept / "done").read_bytes())[3] is True


def test_what_can_not_be_kept_says_why(run: Run) -> None:
    assert not (run.kept / "two").exists()
    assert "Cannot pickle closed files" in (run.kept / "two.why").read_text()


def test_no_data_is_in_the_facts(run: Run) -> None:
    assert SECRET not in repr(run.ran.facts)


def test_code_that_a_cell_runs_through_ipython_belongs_to_the_cell(run: Run) -> None:
    assert "inner" in run.cell(12).binds


RESULTS = """
import json, random
import numpy as np
random.seed(5); np.random.seed(5)
first = [random.random(), float(np.random.rand()), float(np.random.normal())]
# %%
holder = {"rows": [[1, 2], [3]], "rng": np.random.default_rng(1), "gen": iter(range(9))}
next(holder["gen"]), holder["rng"].random()
# %%
last = [random.random(), float(np.random.rand()), float(np.random.normal())]
last += [float(holder["rng"].random()), next(holder["gen"]), random.gauss(0, 1)]
json.dump([first, last], open("results.json", "w"))
"""


def test_the_results_are_those_of_a_run_that_nobody_watches(tmp_path: Path) -> None:
    script = RESULTS.replace("# %%", "")
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    alone = (tmp_path / "results.json").read_text()
    formats = {1: ("first",), 2: ("holder",), 3: ("last",)}
    ran = run_notebook(
        tmp_path, notebook("# %%" + RESULTS), workdir=".", parameters={}, formats=formats
    )
    assert ran.failure is None
    assert (tmp_path / "results.json").read_text() == alone


def failure(root: Path, text: str, *, timeout: float | None = None) -> tuple[Failure, Ran]:
    ran = run_notebook(root, notebook(text), workdir=".", parameters={}, timeout=timeout)
    assert ran.failure is not None
    return ran.failure, ran


def test_a_cell_that_takes_too_long_is_interrupted_and_shown_where_it_was(tmp_path: Path) -> None:
    text = "# %%\nimport time, subprocess\n# %%\nwhile True:\n    time.sleep(0.01)"
    found, ran = failure(tmp_path, text, timeout=2)
    assert (found.cell, found.ename) == (2, "time out")
    assert "time.sleep(0.01)" in found.traceback
    assert ran.facts[0].binds == {"subprocess": "module", "time": "module"}


def test_a_kernel_that_dies_is_a_failure_of_its_cell(tmp_path: Path) -> None:
    found, ran = failure(tmp_path, "# %%\na = 1\n# %%\nimport os\nos._exit(7)")
    assert (found.cell, found.ename) == (2, "the kernel died")
    assert "exit code 7" in found.traceback
    assert len(ran.facts) == 1


def test_ctrl_c_ends_all_processes_and_writes_nothing(project: Project) -> None:
    code = "import os, subprocess\nchild = subprocess.Popen(['sleep', '1000'])\n"
    code += "open('pids.part', 'w').write(f'{os.getpid()} {child.pid}')\n"
    code += "os.rename('pids.part', 'pids')\nchild.wait()"
    path = percent(project, "long", f'# %% tags=["stage:wait"]\n{code}')
    traced = subprocess.Popen(
        [sys.executable, "-m", "nbstage", "trace", path],
        cwd=project.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    pids = project.root / "notebooks" / "pids"
    while not pids.exists():
        assert traced.poll() is None, traced.communicate()[0]
        time.sleep(0.05)
    traced.send_signal(signal.SIGINT)
    said, _ = traced.communicate(timeout=60)
    assert traced.returncode == 130, said
    assert not (project.root / "notebooks" / "long.trace.json").exists()
    for pid in pids.read_text().split():
        assert not _runs(int(pid))


def _runs(pid: int) -> bool:
    """Whether a process still does something; one that only waits to be counted does not."""
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]
    except OSError:
        return False


def test_the_facts_stand_beside_the_notebook_and_a_second_trace_changes_nothing(
    project: Project,
) -> None:
    text = '# %% tags=["stage:make"]\nrows = [1, 2]\n# %% tags=["stage:use"]\ntotal = sum(rows)'
    path = percent(project, "small", text)
    assert "written: notebooks/small.trace.json" in project.run("nbstage", "trace", path)
    first = project.read("notebooks/small.trace.json")
    assert json.loads(first)["cells"][0]["formats"] == {"rows": "json"}
    assert "unchanged: notebooks/small.trace.json" in project.run("nbstage", "trace", path)
    assert project.read("notebooks/small.trace.json") == first


def test_a_failing_cell_is_shown_as_jupyter_shows_it_with_its_stage(project: Project) -> None:
    text = '# %% tags=["stage:make"]\nrows = [1]\n# %%\nrows[7]'
    path = percent(project, "broken", text)
    command = [sys.executable, "-m", "nbstage", "trace", path]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "failed in cell 2, stage 'make': IndexError: list index out of range" in done.stdout
    assert "----> 1 rows[7]" in done.stdout
    assert "nothing was written" in done.stdout
    assert not (project.root / "notebooks" / "broken.trace.json").exists()
