"""Small projects from a notebook to results: what other tools' notebooks and files look like."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Project, percent

pytestmark = pytest.mark.slow

KALE = """
# %% tags=["imports"]
import random
from statistics import mean

# %% tags=["pipeline-parameters"]
SIZE = 40
NOISE = 0.5

# %% tags=["functions"]
def line(x, slope):
    return slope * x

# %% tags=["skip"]
print("a look at the data")

# %% tags=["block:load_data", "limit:nvidia.com/gpu:1"]
generator = random.Random(1)
xs = [i / 10 for i in range(SIZE)]

# %% tags=[]
ys = [line(x, 3) + generator.gauss(0, NOISE) for x in xs]

# %% tags=["block:fit", "prev:load_data"]
slope = sum(x * y for x, y in zip(xs, ys)) / sum(x * x for x in xs)

# %% tags=["block:flat", "prev:load_data"]
level = mean(ys)

# %% tags=["block:compare", "prev:fit", "prev:flat"]
def error(guesses):
    return mean((y - guess) ** 2 for y, guess in zip(ys, guesses))

fitted = error([line(x, slope) for x in xs])
flat = error([level] * SIZE)

# %% tags=["pipeline-metrics"]
print(fitted)
print(flat)
"""


def test_a_notebook_with_kales_tags_runs_as_it_is(project: Project) -> None:
    project.convert(percent(project, "kale", KALE))
    ran = project.repro()
    assert sorted(ran) == ["compare", "fit", "flat", "load_data"]
    assert (ran[0], ran[-1]) == ("load_data", "compare")
    metrics = json.loads(project.read("metrics/compare.json"))
    assert sorted(metrics) == ["fitted", "flat"]
    assert 0 < metrics["fitted"] < metrics["flat"]
    assert project.read("params.yaml") == "SIZE: 40\nNOISE: 0.5\n"


MAGICS = """
# %%
# %matplotlib inline
# %load_ext autoreload
import json

# %% tags=["stage:make"]
# !mkdir -p ../made
names = !printf 'b\\na\\n'
# %env GREETING=hello
# %time text = " ".join(sorted(names))
for name in names:
    # !echo {name} >> ../made/names.txt
    pass

# %% tags=["stage:make"]
# %%bash
echo "and bash: $GREETING" >> ../made/names.txt

# %% tags=["stage:make"]
# %%writefile ../made/data.json
{"answer": 42}

# %% tags=["stage:show", "after:make"]
# %%time
answer = json.load(open("../made/data.json"))["answer"]
with open("../made/shown.txt", "w") as file:
    print(text, answer, file=file)
answer?
"""


def test_magics_and_shell_lines_do_what_they_do_in_the_notebook(project: Project) -> None:
    project.convert(percent(project, "magics", MAGICS))
    assert project.repro() == ["make", "show"]
    assert project.read("made/names.txt") == "b\na\nand bash: hello\n"
    assert project.read("made/shown.txt") == "a b 42\n"


SCRIPT = """
# ---
# jupyter:
#   kernelspec:
#     name: python3
# ---

# %% [markdown]
# # A script that jupytext pairs with a notebook

# %% tags=["parameters"]
width = 3

# %% tags=["stage:draw"]
# %matplotlib inline
picture = "\\n".join("*" * (row + 1) for row in range(width))

# %% tags=["stage:show"]
print(picture)
with open("../picture.txt", "w") as file:
    file.write(picture)
"""


def test_a_percent_script_is_a_notebook(project: Project) -> None:
    project.write("notebooks/stars.py", SCRIPT.lstrip("\n"))
    project.convert("notebooks/stars.py")
    assert project.repro() == ["draw", "show"]
    assert project.read("picture.txt") == "*\n**\n***"
    project.write("params.yaml", "width: 2\n")
    assert project.repro() == ["draw", "show"]
    assert project.read("picture.txt") == "*\n**"


PREPARE = """
# %% tags=["stage:prepare"]
# Write the squares.
from pathlib import Path

Path("../data").mkdir(exist_ok=True)
Path("../data/squares.txt").write_text("".join(f"{n * n}\\n" for n in range(5)))
"""

REPORT = """
# %% tags=["stage:add_up"]
total = sum(int(line) for line in open("../data/squares.txt"))

# %% tags=["metrics"]
squares = total
"""


def test_two_notebooks_are_one_pipeline_through_a_file(project: Project) -> None:
    # The later one comes first in every list: the file says which runs first.
    percent(project, "a_report", REPORT)
    prepare = percent(project, "b_prepare", PREPARE)
    project.convert()
    assert project.repro() == ["prepare", "add_up"]
    assert json.loads(project.read("metrics/add_up.json")) == {"squares": 30}
    project.replace(prepare, "range(5)", "range(4)")
    project.convert()
    assert project.repro() == ["prepare", "add_up"]
    assert json.loads(project.read("metrics/add_up.json")) == {"squares": 14}


def test_a_removed_stage_and_a_removed_notebook_leave_nothing_behind(project: Project) -> None:
    prepare = percent(project, "b_prepare", PREPARE)
    percent(project, "a_report", REPORT)
    project.convert()
    project.repro()
    first, *_ = REPORT.rpartition("# %%")
    percent(project, "a_report", first + '# %% tags=["stage:double"]\ntwice = 2 * total\n')
    project.convert()
    project.repro()
    assert "metrics" not in project.read("dvc.lock")
    (project.root / prepare).unlink()
    project.convert()
    assert sorted(project.files("pipeline")) == [
        "pipeline/__init__.py",
        "pipeline/add_up.py",
        "pipeline/double.py",
    ]
    for file in ("dvc.yaml", "dvc.lock"):
        assert "prepare" not in project.read(file)
    assert project.repro() == []
