"""The workflows of `nbstage init`, run by `act` for good, careless and forged pull requests."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from nbstage.compare.told.markdown import MARKER
from tests.e2e.acted import Acted, act, origin, pull_request
from tests.e2e.compared import data
from tests.e2e.conftest import Project, initialised
from tests.fake_github import REPOSITORY, FakeGitHub, fake_github
from tests.notebooks_as_text import ipynb

pytestmark = pytest.mark.slow

NOTEBOOK = """
# %% tags=["imports"]
import csv
import random
# %% tags=["parameters"]
blur = 0.3
where = "all"
# %% tags=["stage:train"]
model = {"blur": blur, "where": where}
# %% tags=["stage:evaluate"]
draw = random.Random(0)
with open("data/rows.csv") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    noise = draw.random()
    blurred = model["blur"] if model["where"] in ("all", row["group"]) else 0.1
    row["score"] = (1 - blurred) * float(row["signal"]) + blurred * noise
with open("predictions/test.csv", "w", newline="") as file:
    table = csv.DictWriter(file, ["id", "label", "score", "group"], extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
# %% tags=["metrics"]
right = [(row["score"] >= 0.5) == (row["label"] == "1") for row in rows]
accuracy = sum(right) / len(right)
half = len(rows) / 2
by_group = {
    name: {"accuracy": sum(r for r, row in zip(right, rows) if row["group"] == name) / half}
    for name in "ab"
}
"""
SETTINGS = """
[tool.nbstage]
notebooks = ["notebooks/*.ipynb"]
workdir = "."

[tool.nbstage.ci]
secrets = ["STORE"]
test_results = "pytest"

[tool.nbstage.gate.metrics.accuracy]
minimum = 0.5
largest_drop = 0.02
not_worse = true
slices = { groups = ["by_group"], largest_drop = 0.03 }
"""
NO_REMOTE = """\
[tool.nbstage.gate]
remote = false

"""
TEST = """
import json


def test_the_model_is_better_than_a_coin():
    assert json.load(open("metrics/evaluate.json"))["accuracy"] > 0.5
"""


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a first model on its main branch, pushed to a remote and to origin."""
    around = tmp_path_factory.mktemp("workflows")
    (around / "project").mkdir()
    project = Project(around / "project")
    project.write("pyproject.toml", SETTINGS)
    project.write("notebooks/model.ipynb", ipynb(NOTEBOOK))
    project.write("data/rows.csv", data())
    project.write("predictions/.gitkeep", "")
    project.write("tests/test_model.py", TEST)
    project.git("init", "--quiet", "--initial-branch", "main")
    project.run("nbstage", "init")
    (around / "store").mkdir()
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", str(around / "store"))
    project.run("dvc", "add", "--quiet", "data/rows.csv")
    project.convert()
    finished(project)
    project.git("clone", "--quiet", "--bare", ".", str(origin(project)))
    project.git("remote", "add", "origin", str(origin(project)))
    return project


@pytest.fixture
def project(merged: Project, tmp_path: Path) -> Project:
    """A copy with a branch of its own, that pushes to places of its own."""
    shutil.copytree(merged.root.parent, tmp_path / "copy", symlinks=True)
    project = Project(tmp_path / "copy" / "project")
    old, new = str(merged.root.parent), str(tmp_path / "copy")
    project.write(".dvc/config", project.read(".dvc/config").replace(old, new))
    project.git("remote", "set-url", "origin", str(origin(project)))
    project.git("commit", "--quiet", "--all", "--message", "Another remote")
    project.git("push", "--quiet", "origin", "main")
    project.git("checkout", "--quiet", "-b", "change")
    return project


def finished(project: Project) -> None:
    """Run what is to be run, push the results and commit, as a person does."""
    project.run("dvc", "repro", "--quiet")
    project.run("dvc", "push", "--quiet")
    project.commit()


def set_params(project: Project, blur: float, where: str = "all") -> None:
    project.write("params.yaml", f"blur: {blur}\nwhere: {where}\n")


def judged(project: Project, *words: str, from_fork: bool = False) -> Acted:
    """What CI says of the branch as a pull request."""
    project.git("push", "--quiet", "--force", "origin", "HEAD:change")
    event = pull_request(project, from_fork=from_fork)
    return act(project, "ci", "pull_request", event, *words)


def test_a_better_model_passes(project: Project) -> None:
    set_params(project, 0.1)
    finished(project)
    acted = judged(project)
    assert acted.jobs == {"test": "success", "model": "success"}
    assert "## Model report: ✅ better" in acted.read("report.md")
    assert "the gate is met: 0 unmet" in acted.read("gate.txt")
    assert acted.read("number.txt") == "7\n"


def test_a_worse_model_is_stopped_and_the_report_says_how_much_worse(project: Project) -> None:
    set_params(project, 0.8)
    finished(project)
    acted = judged(project, "--job=model")
    assert acted.jobs == {"model": "failure"}
    assert "## Model report: ❗ worse" in acted.read("report.md")
    assert "unmet  accuracy: worse; asked: not worse" in acted.read("gate.txt")
    assert acted.ran("Test with the results") == "success"


def test_a_model_that_is_worse_on_one_slice_alone_is_stopped(project: Project) -> None:
    project.replace("pyproject.toml", "largest_drop = 0.02\nnot_worse = true\n", "")
    set_params(project, 0.7, "b")
    finished(project)
    acted = judged(project, "--job=model")
    assert acted.jobs == {"model": "failure"}
    gate = acted.read("gate.txt")
    assert "1 unmet" in gate
    assert "unmet  by_group.b.accuracy: " in gate
    assert "`by_group.b.accuracy`" in acted.read("report.md")


def test_metrics_and_lock_written_by_hand_are_stopped(project: Project) -> None:
    metrics = json.loads(project.read("metrics/evaluate.json"))
    project.write("metrics/evaluate.json", json.dumps({**metrics, "accuracy": 0.99}))
    project.run("dvc", "commit", "--quiet", "--force", "evaluate")
    project.run("dvc", "push", "--quiet")
    project.commit()
    acted = judged(project, "--job=model")
    assert acted.jobs == {"model": "failure"}
    assert "['accuracy']: 0.99 became 0." in acted.read("gate.txt")


def test_a_lock_of_other_parameters_is_stopped(project: Project) -> None:
    set_params(project, 0.1)
    project.commit()
    acted = judged(project, "--job=model")
    assert acted.jobs == {"model": "failure"}
    assert "unmet  stage 'train': stale" in acted.read("gate.txt")


def test_a_model_that_was_never_pushed_is_stopped(project: Project) -> None:
    set_params(project, 0.1)
    project.run("dvc", "repro", "--quiet")
    project.commit()
    acted = judged(project, "--job=model")
    assert acted.jobs == {"model": "failure"}
    assert "unmet  not pushed: 2 files" in acted.read("gate.txt")


def test_a_notebook_that_was_edited_and_not_converted_is_stopped(project: Project) -> None:
    project.replace("notebooks/model.ipynb", "= 0.5) ==", "= 0.4) ==")
    project.commit()
    acted = judged(project, "--job=test")
    assert acted.jobs == {"test": "failure"}
    assert acted.ran("The pipeline is in step with its notebooks") == "failure"
    assert "update  pipeline/evaluate.py" in acted.printed


def test_a_test_that_fails_stops_the_pull_request(project: Project) -> None:
    project.replace("tests/test_model.py", "> 0.5", "> 0.999")
    project.commit()
    acted = judged(project)
    assert acted.jobs == {"test": "failure", "model": "failure"}
    assert acted.ran("Gate") == "success"
    assert "the gate is met" in acted.read("gate.txt")


def test_other_rows_to_test_on_are_said_and_stopped(project: Project) -> None:
    project.write("data/rows.csv", data(500))
    project.run("dvc", "add", "--quiet", "data/rows.csv")
    finished(project)
    acted = judged(project, "--job=model")
    assert acted.jobs == {"model": "failure"}
    assert "test set" in acted.read("gate.txt")
    assert "`data/rows.csv`" in acted.read("report.md")


def test_a_fork_without_secrets_passes_if_it_changes_no_results(project: Project) -> None:
    hide_the_remote(project)
    project.write("README.md", "A word of thanks.\n")
    project.commit()
    acted = judged(project, from_fork=True)
    assert acted.jobs == {"test": "success", "fork": "success"}
    assert "## Model report: " in acted.read("report.md")
    assert acted.read("number.txt") == "7\n"


def test_a_fork_can_not_bring_results_that_nobody_can_fetch(project: Project) -> None:
    set_params(project, 0.1)
    project.run("dvc", "repro", "--quiet")
    project.commit()
    hide_the_remote(project)
    acted = judged(project, "--job=fork", from_fork=True)
    assert acted.jobs == {"fork": "failure"}
    assert acted.ran("Make changed results again") == "failure"
    assert "| `blur` | `0.3` | `0.1` |" in acted.read("report.md")


def test_a_fork_of_a_project_without_a_remote_is_judged_like_anybody(project: Project) -> None:
    project.git("checkout", "--quiet", "main")
    project.write("data/.gitignore", "")
    project.git("rm", "--quiet", "data/rows.csv.dvc")
    project.replace("pyproject.toml", "[tool.nbstage.gate.m", NO_REMOTE + "[tool.nbstage.gate.m")
    project.replace("pyproject.toml", "not_worse = true\n", "")  # nobody has the old predictions
    project.run("dvc", "repro", "--quiet")
    project.commit()
    project.git("push", "--quiet", "origin", "main")
    set_params(project, 0.1)
    project.run("dvc", "repro", "--quiet")
    project.commit()
    hide_the_remote(project)
    acted = judged(project, "--job=fork", from_fork=True)
    assert acted.jobs == {"fork": "success"}
    assert "run again: train, evaluate" in acted.read("gate.txt")


def test_a_fork_with_code_that_was_not_run_is_stopped(project: Project) -> None:
    set_params(project, 0.1)
    project.commit()
    hide_the_remote(project)
    acted = judged(project, "--job=fork", from_fork=True)
    assert acted.jobs == {"fork": "failure"}
    assert acted.ran("Run the stages that are stale") == "failure"


def test_a_fork_with_metrics_written_by_hand_is_stopped(project: Project) -> None:
    metrics = json.loads(project.read("metrics/evaluate.json"))
    project.write("metrics/evaluate.json", json.dumps({**metrics, "accuracy": 0.99}))
    project.commit()
    hide_the_remote(project)
    acted = judged(project, "--job=fork", from_fork=True)
    assert acted.jobs == {"fork": "failure"}


def hide_the_remote(project: Project) -> None:
    """What has no secret can't reach it."""
    (project.root.parent / "store").rename(project.root.parent / "out of reach")


def test_the_first_run_of_a_new_project_passes_by_what_init_has_written(tmp_path: Path) -> None:
    project = initialised(tmp_path / "project")
    project.git("checkout", "--quiet", "-B", "main")
    (tmp_path / "store").mkdir()
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", str(tmp_path / "store"))
    project.convert()
    finished(project)
    project.git("clone", "--quiet", "--bare", ".", str(origin(project)))
    acted = act(project, "ci", "push", {"ref": "refs/heads/main"})
    assert acted.jobs == {"test": "success", "model": "success"}
    assert "There is no baseline yet" in acted.read("report.md")
    assert "first run: HEAD is the first commit" in acted.read("gate.txt")


# --- the comment


def commented(project: Project, github: FakeGitHub, head: str) -> Acted:
    """What comes of the comment's workflow after CI has run for a commit."""
    run = {
        "id": 1,
        "event": "pull_request",
        "conclusion": "failure",
        "head_sha": head,
        "head_branch": "change",
        "head_repository": {"full_name": REPOSITORY},
    }
    token = "--secret=GITHUB_TOKEN=a-token"
    event: dict[str, object] = {"workflow_run": run}
    return act(project, "comment", "workflow_run", event, token, GITHUB_API_URL=github.url)


def keep(project: Project, number: int, title: str) -> None:
    """What CI has kept of a run."""
    kept = "../kept/report"
    project.write(f"{kept}/report.md", f"{MARKER}\n## {title}\n")
    project.write(f"{kept}/gate.txt", "the gate is not met: 1 unmet, 4 met\n")
    project.write(f"{kept}/number.txt", f"{number}\n")


def test_a_pull_request_has_one_comment_that_is_updated(project: Project) -> None:
    with fake_github({7: "5" * 40}) as github:
        keep(project, 7, "first")
        assert commented(project, github, "5" * 40).jobs == {"comment": "success"}
        keep(project, 7, "second")
        assert commented(project, github, "5" * 40).jobs == {"comment": "success"}
    (body,) = github.bodies()
    assert body.startswith(f"{MARKER}\n```text\nthe gate is not met: 1 unmet")
    assert body.endswith("## second\n")
    assert {token for _, _, token in github.asked} == {"Bearer a-token"}


def test_the_number_of_a_pull_request_of_somebody_else_gets_no_comment(project: Project) -> None:
    with fake_github({7: "5" * 40, 8: "6" * 40}) as github:
        keep(project, 8, "not yours")
        acted = commented(project, github, "5" * 40)
    assert acted.jobs == {"comment": "failure"}
    assert "pull request 8 is not that of commit 555555555555" in acted.printed
    assert not github.comments


# --- retraining

#: In place of GitHub's command line: notes what it is asked; there is an open pull request.
GH = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked.txt"
[ "$1 $2" != "pr create" ]
"""


def retrained(project: Project) -> tuple[Acted, list[str]]:
    """What comes of the retraining's workflow, and what GitHub was asked."""
    place = project.root.parent / "bin"
    place.mkdir()
    (place / "gh").write_text(GH)
    (place / "gh").chmod(0o755)
    path = f"{place}{os.pathsep}{project.environment()['PATH']}"
    acted = act(project, "retrain", "workflow_dispatch", {}, PATH=path)
    asked = place / "asked.txt"
    return acted, asked.read_text().splitlines() if asked.exists() else []


def test_new_data_becomes_a_pull_request_with_results_that_others_can_fetch(
    project: Project,
) -> None:
    source = project.root.parent / "rows.csv"
    source.write_text(data())
    project.git("checkout", "--quiet", "main")
    project.git("rm", "--quiet", "data/rows.csv.dvc")
    (project.root / "data/rows.csv").unlink()
    project.run("dvc", "import-url", "--quiet", str(source), "data/rows.csv")
    finished(project)
    project.git("push", "--quiet", "origin", "main")
    source.write_text(data(800))
    acted, asked = retrained(project)
    assert acted.jobs == {"retrain": "success"}
    create, edit = asked[-2:]
    assert create.startswith("pr create --head retrain --base main --title New data")
    assert edit == "pr edit retrain --body-file report.md"
    project.git("fetch", "--quiet", "origin", "retrain")
    project.git("checkout", "--quiet", "FETCH_HEAD")
    project.run("dvc", "pull", "--quiet")
    assert project.read("data/rows.csv") == data(800)
    assert "Data and pipelines are up to date." in project.run("dvc", "status")


def test_without_new_data_nothing_is_asked_of_anybody(project: Project) -> None:
    acted, asked = retrained(project)
    assert acted.jobs == {"retrain": "success"}
    assert acted.ran("Open the pull request, or update it") != "success"
    assert not asked
