"""`nbstage verify`: notebooks and pipelines run for real and compared."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMITTED, ROOT, Project, percent, under_git_and_dvc

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Told:
    """What a verification of one notebook said: verdicts and details by what they are about."""

    code: int
    verdicts: dict[str, str]
    details: dict[str, str]
    stages: dict[str, str]
    unseeded: list[str]
    left_out: list[str]
    failure: dict[str, str | int | None] | None

    @property
    def odd(self) -> dict[str, str]:
        """All that is not equal."""
        return {name: verdict for name, verdict in self.verdicts.items() if verdict != "equal"}


def convert(project: Project, notebook: str) -> None:
    """What the code tells is enough here, and quicker than a run of the notebook."""
    project.run("nbstage", "convert", "--static", notebook)


def verify(project: Project, *options: str) -> Told:
    done = start(project, *options, "--json")
    out, err = done.communicate()
    assert done.returncode in (0, 1), err
    (verified,) = json.loads(out)["notebooks"]
    found = verified["findings"]
    return Told(
        done.returncode,
        {one["name"]: one["verdict"] for one in found},
        {one["name"]: one["detail"] for one in found},
        {one["name"]: one["stage"] for one in found},
        [f"{one['cell']}:{one['line']} {one['call']}" for one in verified["unseeded"]],
        verified["left_out"],
        verified["failure"],
    )


def start(project: Project, *options: str) -> subprocess.Popen[str]:
    temporary = project.root.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "nbstage", "verify", *options],
        cwd=project.root,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def temporary_files(project: Project) -> list[Path]:
    return list((project.root.parent / "temporary").iterdir())


def state(project: Project) -> dict[str, int]:
    """The project's files with the times of their last change, but for what Python compiled."""
    paths = (path for path in project.root.rglob("*") if path.is_file())
    kept = (path for path in paths if not {".git", "__pycache__"} & {*path.parts})
    return {str(path): path.stat().st_mtime_ns for path in kept}


def test_the_example_is_equal(tmp_path: Path) -> None:
    project = under_git_and_dvc(tmp_path / "project")
    for name in COMMITTED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, project.root / name)
    before = state(project)
    told = verify(project)
    assert told.code == 0
    assert told.odd == {}
    assert {"model", "train_set", "roc_auc", "calibration", "predictions/churn_test.csv"} <= {
        *told.verdicts
    }
    assert state(project) == before
    assert temporary_files(project) == []


NUMBERS = """
# %% tags=["imports"]
import gzip
import pickle
import random
from pathlib import Path

import numpy as np

# %% tags=["parameters"]
count = 5
scale = 1e-3

# %% tags=["functions"]
FACTOR = 2.0


class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def length(self):
        return float(np.hypot(self.x, self.y)) * FACTOR


# %% tags=["stage:draw"]
xs = np.random.normal(size=count)
ys = [random.random() for _ in range(count)]
point = Point(xs[0], ys[0])
both = [xs]

# %% tags=["stage:change"]
zs = np.random.uniform(size=count) * scale
random.shuffle(ys)
xs[0] = 7
words = list({"a", "b", "c", "d"})
with gzip.open("packed.txt.gz", "wt") as file:
    file.write("hello")
Path("point.pkl").write_bytes(pickle.dumps(point))

# %% tags=["skip"]
Path("look.txt").write_text("a look at the data")

# %% tags=["stage:sum"]
total = sum(ys) + point.length() + both[0][0] + len(words)

# %% tags=["metrics"]
score = float(total)
parts = {"small": float(zs.sum()), "count": count}

# %% tags=["plots"]
curve = {"x": list(range(count)), "z": list(zs)}
"""


def test_draws_without_a_seed_aliases_and_classes_are_equal(project: Project) -> None:
    convert(project, percent(project, "numbers", NUMBERS))
    told = verify(project)
    assert told.odd == {}
    assert told.verdicts.keys() >= {"zs", "ys", "score", "parts", "curve", "both + point + xs + ys"}
    assert told.stages["notebooks/point.pkl"] == "change"
    assert told.left_out == ["notebooks/look.txt"]


def test_parameters_are_those_of_params_yaml(project: Project) -> None:
    convert(project, percent(project, "numbers", NUMBERS))
    project.replace("params.yaml", "count: 5", "count: 7")
    told = verify(project)
    assert told.odd == {}


BESIDE = """
import math
import sys

BROKEN = "ipykernel" not in sys.modules


def nudge(number):
    return math.nextafter(number, math.inf) if BROKEN else number


def narrow(array):
    return array.astype("float32") if BROKEN else array


def longer(rows):
    return rows + rows[:1] if BROKEN else rows


def text():
    return "one\\ntwa\\n" if BROKEN else "one\\ntwo\\n"
"""

BREAKS = """
# %% tags=["imports"]
import numpy as np
import beside

# %% tags=["stage:numbers"]
value = beside.nudge(0.1)
same = [1, 2, 3]

# %% tags=["stage:arrays"]
array = beside.narrow(np.arange(3.0) + len(same))

# %% tags=["stage:files"]
with open("../told.txt", "w") as file:
    file.write(beside.text())
if beside.BROKEN:
    open("../extra.txt", "w").close()

# %% tags=["stage:end"]
final = value + array.sum()

# %% tags=["metrics"]
score = beside.nudge(2.0)
fine = 1

# %% tags=["plots"]
table = beside.longer([{"x": 1, "y": 0.5}, {"x": 2, "y": 0.25}])
"""


@pytest.fixture
def broken(project: Project) -> Project:
    """A project whose pipeline computes something else than its notebook."""
    project.write("notebooks/beside.py", BESIDE)
    convert(project, percent(project, "breaks", BREAKS))
    return project


def test_what_differs_is_found_and_named_with_its_stage(broken: Project) -> None:
    told = verify(broken)
    assert told.code == 1
    assert told.odd == dict.fromkeys(
        ("value", "array", "told.txt", "extra.txt", "score", "table"), "differs"
    )
    assert told.details["value"] == "0.1 became 0.10000000000000002"
    assert told.details["array"] == "dtype float64 became float32"
    assert told.details["told.txt"] == "line 2: 'two' became 'twa'"
    assert told.details["extra.txt"] == "only the pipeline writes it"
    assert told.details["score"] == "2.0 became 2.0000000000000004"
    assert told.details["table"] == "2 rows became 3 rows"
    assert [told.stages[name] for name in ("value", "array", "told.txt", "score")] == [
        "numbers",
        "arrays",
        "files",
        "end",
    ]
    assert temporary_files(broken) == []


def test_a_tolerance_is_for_floats_alone(broken: Project) -> None:
    told = verify(broken, "--rtol", "1e-9")
    assert sorted(told.odd) == ["array", "extra.txt", "table", "told.txt"]


def test_both_copies_can_be_kept(broken: Project) -> None:
    kept = broken.root.parent / "kept"
    verify(broken, "--keep", str(kept))
    assert (kept / "notebook/told.txt").read_text() == "one\ntwo\n"
    assert (kept / "pipeline/told.txt").read_text() == "one\ntwa\n"


VARYING = """
# %% tags=["imports"]
import time
import numpy as np
import beside

# %% tags=["stage:make"]
rng = np.random.default_rng()
varying = rng.normal(size=4)
steady = [1, 2]

# %% tags=["stage:use"]
doubled = varying * 2
steady.append(3)
with open("stamp.txt", "w") as file:
    file.write(f"{time.time_ns()}\\n")

# %% tags=["metrics"]
score = float(doubled.sum())
count = len(steady)
off = beside.nudge(1.0)
"""


def test_what_two_runs_of_the_notebook_make_differently_is_told_apart(project: Project) -> None:
    project.write("notebooks/beside.py", BESIDE)
    convert(project, percent(project, "varying", VARYING))
    told = verify(project)
    assert told.code == 1
    names = ("varying", "score", "notebooks/stamp.txt")
    assert told.odd == {**dict.fromkeys(names, "not reproducible"), "off": "differs"}
    assert told.details["off"] == "1.0 became 1.0000000000000002; it may come from 'varying'"
    assert told.unseeded == ["2:1 np.random.default_rng()", "3:4 time.time_ns()"]


FAILS = """
# %% tags=["stage:first"]
value = 1
# %% tags=["stage:second"]
print(value / 0)
"""


def test_a_cell_that_fails_is_shown_with_its_stage(project: Project) -> None:
    convert(project, percent(project, "fails", FAILS))
    told = verify(project)
    assert told.code == 1
    assert told.failure is not None
    assert (told.failure["who"], told.failure["cell"]) == ("notebook", 2)
    assert told.failure["stage"] == "second"
    assert "ZeroDivisionError: division by zero" in str(told.failure["text"])


STAGE_FAILS = """
# %% tags=["imports"]
import beside
# %% tags=["stage:first"]
value = 1
# %% tags=["stage:second"]
print(value / beside.DIVISOR)
"""


def test_a_stage_that_fails_is_shown_with_what_it_printed(project: Project) -> None:
    project.write("notebooks/beside.py", "import sys\nDIVISOR = int('ipykernel' in sys.modules)\n")
    convert(project, percent(project, "fails", STAGE_FAILS))
    told = verify(project)
    assert told.code == 1
    assert told.failure is not None
    assert (told.failure["who"], told.failure["stage"]) == ("pipeline", "second")
    assert "ZeroDivisionError: division by zero" in str(told.failure["text"])


LONG = """
# %% tags=["imports"]
import time
from pathlib import Path
# %% tags=["stage:wait"]
Path("begun.txt").write_text("")
time.sleep(600)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_nothing(project: Project, number: int, code: int) -> None:
    convert(project, percent(project, "long", LONG))
    running = start(project)
    folder = project.root.parent / "temporary"
    deadline = time.monotonic() + 120
    while len(list(folder.rglob("begun.txt"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    running.send_signal(number)
    _, err = running.communicate(timeout=60)
    assert running.returncode == code, err
    assert temporary_files(project) == []
    assert processes_in(folder) == []


def processes_in(folder: Path) -> list[str]:
    """The processes that work in a folder or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_pipeline_out_of_step_is_not_run(project: Project) -> None:
    convert(project, percent(project, "numbers", NUMBERS))
    percent(project, "numbers", NUMBERS.replace("xs[0] = 7", "xs[0] = 8"))
    running = start(project)
    out, _ = running.communicate()
    assert running.returncode == 1
    assert "out of step" in out
    assert "update  pipeline/change.py" in out
    assert out.endswith("nothing was run; next: nbstage convert\n")
