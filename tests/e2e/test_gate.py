"""`nbstage gate` against honest and forged changes of a small project, each with its verdict."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.e2e.compared import POLICY, branch_of, committed_project, made, params
from tests.e2e.conftest import Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return committed_project(tmp_path_factory.mktemp("compared"))


@pytest.fixture
def project(committed: Project, tmp_path: Path) -> Project:
    return branch_of(committed, tmp_path)


def forge(project: Project, path: str, text: str) -> None:
    """Write a result by hand, and its hash and size wherever dvc.lock has them."""
    old = hashlib.md5((project.root / path).read_bytes()).hexdigest()
    file = project.root / path
    file.unlink()  # DVC may have linked it to its cache
    file.write_text(text, encoding="utf-8")
    new = hashlib.md5(text.encode()).hexdigest()
    lock = re.sub(
        rf"md5: {old}\n      size: \d+",
        f"md5: {new}\n      size: {len(text)}",
        project.read("dvc.lock"),
    )
    assert new in lock
    project.write("dvc.lock", lock)


def unmet(text: str) -> list[str]:
    """What is said to be unmet."""
    return re.findall(r"^  unmet  (.*)$", text, re.MULTILINE)


# --- honest changes


def test_a_first_run_passes_by_the_absolute_limits_and_says_so(committed: Project) -> None:
    text = committed.run("nbstage", "gate")
    assert "first run: HEAD is the first commit" in text
    assert "met    accuracy: 0." in text
    assert "told   accuracy: 0." in text  # the largest drop has nothing to be measured by
    assert "told   predictions: not compared" in text
    assert "run again: train, evaluate: 3 files equal" in text


def test_a_better_model_passes(project: Project) -> None:
    project.write("params.yaml", params(0.1))
    made(project)
    text = project.run("nbstage", "gate")
    assert "the gate is met: 0 unmet" in text
    assert "asked: not worse, with 95% confidence" in text


def test_a_worse_model_is_unmet_by_its_drop_and_by_its_predictions(project: Project) -> None:
    project.write("params.yaml", params(0.8))
    made(project)
    found = unmet(project.refuses("nbstage", "gate"))
    assert [line.partition(":")[0] for line in found] == [
        "accuracy",
        "by_group.a.accuracy",
        "by_group.b.accuracy",
        "accuracy",
    ]
    assert "asked: worse by at most 0.02" in found[0]
    assert found[-1] == "accuracy: worse; asked: not worse, with 95% confidence"


def test_a_model_that_is_worse_on_one_slice_alone_is_unmet(project: Project) -> None:
    project.write("pyproject.toml", POLICY.replace("largest_drop = 0.02\nnot_worse = true\n", ""))
    project.write("params.yaml", params(0.7, "b"))
    made(project)
    text = project.refuses("nbstage", "gate")
    (found,) = unmet(text)
    assert found.startswith("by_group.b.accuracy: ")
    assert "told   policy: changed" in text


def test_no_policy_is_wrong_usage_and_says_what_one_would_check(project: Project) -> None:
    project.write("pyproject.toml", "")
    project.commit()
    project.git("branch", "--quiet", "--force", "main")
    project.git("commit", "--quiet", "--allow-empty", "--message", "Nothing new")
    with pytest.raises(AssertionError, match="there is no policy to hold the project to"):
        project.run("nbstage", "gate")
    project.write("pyproject.toml", "[tool.nbstage.gate]\n")
    made(project)
    assert "the gate is met" in project.run("nbstage", "gate")


# --- forged and careless changes


def test_metrics_written_by_hand_are_stale(project: Project) -> None:
    project.write("metrics.json", json.dumps({"accuracy": 0.99, "by_group": {}}))
    project.commit()
    text = project.refuses("nbstage", "gate")
    assert "stage 'evaluate': stale" in text
    assert "changed outs: 'metrics.json' modified" in text


def test_metrics_and_lock_written_by_hand_are_found_by_running_the_stage_again(
    project: Project,
) -> None:
    groups = {name: {"accuracy": 0.99} for name in "ab"}
    forge(project, "metrics.json", json.dumps({"accuracy": 0.99, "by_group": groups}))
    project.commit()
    assert project.run("dvc", "status").strip().endswith("up to date.")
    (found,) = unmet(project.refuses("nbstage", "gate"))
    assert found.startswith("'metrics.json' of stage 'evaluate', run again: differs")
    report = project.run("nbstage", "report")
    assert "no evidence of a difference" in report.split("Compared")[0]
    assert "> - 'accuracy' is 0.99, and 'predictions/test.csv' gives 0." in report


def test_a_model_put_in_by_hand_is_found_by_running_what_changed_again(project: Project) -> None:
    (project.root / "model.json").unlink()
    project.write("model.json", json.dumps({"blur": 0.0, "where": "all"}))
    project.run("dvc", "commit", "--force", "--quiet", "train")
    project.run("dvc", "repro", "--quiet", "--single-item", "evaluate")
    project.run("dvc", "push", "--quiet")
    project.commit()
    assert project.run("dvc", "status").strip().endswith("up to date.")
    found = unmet(project.refuses("nbstage", "gate"))
    assert any(line.startswith("'model.json' of stage 'train', run again") for line in found)
    # The metrics are this model's own: their stage alone has nothing to tell.
    project.write("pyproject.toml", f'[tool.nbstage.gate]\nrerun = "metrics"\n{POLICY}')
    project.commit()
    assert "run again: evaluate: 2 files equal" in project.run("nbstage", "gate")


LIAR = """
import os, pathlib, pickle, sys

class Liar:
    def __reduce__(self):
        code = "__import__('pathlib').Path(__import__('sys').argv[2]).write_text('[]')"
        return eval, (f"({code}, __import__('os')._exit(0)) if 'answer.json' in "
                      "__import__('sys').argv[-1] else {'blur': 0.0, 'where': 'all'}",)

pathlib.Path("model.pkl").write_bytes(pickle.dumps(Liar()))
"""


def test_a_pickle_that_answers_for_the_comparison_is_unmet(project: Project) -> None:
    write = 'pathlib.Path("model.json").write_text(json.dumps(model))'
    pickled = '__import__("pickle").dump(model, open("model.pkl", "wb"))'
    project.replace("train.py", write, pickled)
    read = 'json.loads(pathlib.Path("model.json").read_text())'
    project.replace("evaluate.py", read, '__import__("pickle").load(open("model.pkl", "rb"))')
    project.write("dvc.yaml", project.read("dvc.yaml").replace("model.json", "model.pkl"))
    made(project)
    (project.root / "model.pkl").unlink()
    project.write("forge.py", LIAR)
    project.run("forge")
    project.run("dvc", "commit", "--force", "--quiet", "train")
    made(project)
    found = unmet(project.refuses("nbstage", "gate"))
    assert any(line.startswith("comparison, run again: failed") for line in found)


def test_a_model_that_was_never_pushed_is_unmet(project: Project) -> None:
    project.write("params.yaml", params(0.25))
    project.run("dvc", "repro", "--quiet")
    project.commit()
    text = project.refuses("nbstage", "gate")
    (found,) = unmet(text)
    assert found.startswith("not pushed: 2 files")
    assert "'model.json'" in text
    assert "told   remote: not asked" in project.run("nbstage", "gate", "--no-remote", "--no-rerun")


def test_the_policy_names_the_files_that_have_to_be_in_the_remote(project: Project) -> None:
    asked = '[tool.nbstage.gate]\nremote = ["model.json"]\n'
    project.write("pyproject.toml", asked)
    project.write("params.yaml", params(0.25))
    project.run("dvc", "repro", "--quiet")
    project.commit()
    (found,) = unmet(project.refuses("nbstage", "gate", "--no-rerun"))
    assert found.startswith("not pushed: 1 file")
    project.run("dvc", "push", "--quiet", "model.json")
    assert "pushed: 1 result" in project.run("nbstage", "gate", "--no-rerun")
    project.write("pyproject.toml", asked.replace("model.json", "modle.json"))
    project.commit()
    (found,) = unmet(project.refuses("nbstage", "gate", "--no-rerun"))
    assert found.startswith("'modle.json': missing")


def test_a_stale_lock_is_unmet_and_nothing_runs(project: Project) -> None:
    project.write("evaluate.py", "# edited\n" + project.read("evaluate.py"))
    project.commit()
    text = project.refuses("nbstage", "gate")
    assert unmet(text) == ["stage 'evaluate': stale; asked: in step with dvc.lock"]
    assert "told   run again: no stage" in text


def test_a_stale_lock_whose_hashes_were_edited_is_found_by_running_again(project: Project) -> None:
    harder = project.read("evaluate.py").replace('row["score"] >= 0.5', 'row["score"] >= 0.65')
    forge(project, "evaluate.py", harder)
    project.commit()
    assert project.run("dvc", "status").strip().endswith("up to date.")
    found = unmet(project.refuses("nbstage", "gate"))
    assert found
    assert all("of stage 'evaluate', run again: differs" in line for line in found)


def test_a_metric_that_is_renamed_missing_or_nan_is_unmet(project: Project) -> None:
    code = project.read("evaluate.py")
    project.write("evaluate.py", code.replace('{"accuracy": right(rows)', '{"acc": right(rows)'))
    made(project)
    text = project.refuses("nbstage", "gate", "--no-rerun")
    assert "accuracy: missing; asked: a number" in unmet(text)
    assert "'acc' is new and has its value: renamed?" in text
    project.write(
        "evaluate.py", code.replace('"accuracy": right(rows)', '"accuracy": float("nan")')
    )
    made(project)
    assert "accuracy: NaN; asked: a finite number" in unmet(
        project.refuses("nbstage", "gate", "--no-rerun")
    )


def test_labels_that_changed_are_unmet_unless_the_policy_allows_it(project: Project) -> None:
    project.write("data.csv", project.read("data.csv").replace("r0,0,", "r0,1,"))
    made(project)
    text = project.refuses("nbstage", "gate", "--no-rerun")
    assert unmet(text) == ["test set: changed; asked: same rows and labels"]
    assert "LABELS CHANGED: 1 of 600 rows" in text
    project.write("pyproject.toml", f'[tool.nbstage.gate]\ntest_set = "may change"\n{POLICY}')
    project.commit()
    project.run("nbstage", "gate", "--no-rerun")


def test_what_is_frozen_uncommitted_or_kept_from_the_remote_is_unmet(project: Project) -> None:
    text = project.read("dvc.yaml").replace(
        "outs: [model.json]", "frozen: true\n    outs: [model.json: {push: false}]"
    )
    project.write("dvc.yaml", text)
    found = unmet(project.refuses("nbstage", "gate", "--no-rerun"))
    assert [line.partition(":")[0] for line in found] == [
        "frozen stages",
        "not committed",
        "never pushed",
    ]


def test_a_policy_that_was_taken_away_is_unmet(project: Project) -> None:
    project.write("pyproject.toml", "")
    project.commit()
    assert unmet(project.refuses("nbstage", "gate")) == ["policy: missing; asked: the baseline's"]
