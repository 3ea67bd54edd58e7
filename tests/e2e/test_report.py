"""`nbstage report` in a small project, as a person and a workflow run it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.compared import branch_of, committed_project, made, params
from tests.e2e.conftest import Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return committed_project(tmp_path_factory.mktemp("compared"))


@pytest.fixture
def project(committed: Project, tmp_path: Path) -> Project:
    return branch_of(committed, tmp_path)


def test_a_worse_model_is_compared_with_where_the_branch_left_main(project: Project) -> None:
    project.write("params.yaml", params(0.8))
    made(project)
    project.git("checkout", "--quiet", "main")
    project.write("train.py", "# main has moved on\n" + project.read("train.py"))
    project.git("commit", "--quiet", "--all", "--message", "Later")
    project.git("checkout", "--quiet", "change")
    text = project.run("nbstage", "report")
    assert "\N{HEAVY EXCLAMATION MARK SYMBOL} worse" in text.split("Compared")[0]
    assert "the merge base with main" in text
    assert "| `blur` | `0.3` | `0.8` |" in text
    assert "| `train` | ran again | parameter 'blur' |" in text
    assert "train.py" not in text  # which only main has changed
    assert "`group = a`" in text
    project.run("nbstage", "report", "-o", "report.html")
    project.run("nbstage", "report", "-o", "report.json")
    data = json.loads(project.read("report.json"))
    assert data["predictions"]["rows"] == 600
    assert {one["judgement"] for one in data["metrics"]} == {"worse"}
    assert "<svg" in project.read("report.html")


def test_what_the_cache_lacks_is_said_with_what_brings_it(project: Project) -> None:
    project.write("params.yaml", params(0.5))
    made(project)
    project.run("dvc", "gc", "--workspace", "--force", "--quiet")
    text = project.run("nbstage", "report")
    assert "no verdict" in text
    assert "`--fetch`" in text.replace("\\", "")
    assert "| `accuracy` |" in text  # which git has
    assert "no verdict" not in project.run("nbstage", "report", "--fetch")


def test_a_cache_that_was_tampered_with_is_said(project: Project) -> None:
    (entry,) = re.findall(
        r"path: predictions/test.csv\n +hash: md5\n +md5: (\w+)", project.read("dvc.lock")
    )
    project.write("params.yaml", params(0.5))
    made(project)
    cached = project.root / ".dvc" / "cache" / "files" / "md5" / entry[:2] / entry[2:]
    cached.chmod(0o644)
    cached.write_text("id,label,score\n", encoding="utf-8")
    text = project.run("nbstage", "report").replace("\\", "")
    assert "has another content under its hash" in text
    assert "no verdict" in text


def test_a_clone_without_the_history_is_no_first_run(project: Project, tmp_path: Path) -> None:
    url = f"file://{project.root}"
    project.git("clone", "--quiet", "--depth", "1", url, str(tmp_path / "shallow"))
    clone = Project(tmp_path / "shallow")
    with pytest.raises(AssertionError, match="this clone is shallow"):
        clone.run("nbstage", "report")


def test_a_repository_that_git_can_not_read_is_no_first_run(project: Project) -> None:
    (project.root / ".git" / "HEAD").write_text("nothing")
    with pytest.raises(AssertionError, match="git can't read the repository"):
        project.run("nbstage", "report")


def test_on_main_itself_the_commit_before_is_the_baseline(committed: Project) -> None:
    text = committed.run("nbstage", "report")
    assert "first run" in text
    assert "HEAD is the first commit" in text
    assert "| `accuracy` |" in text


def test_a_revision_that_is_none_is_refused(project: Project) -> None:
    with pytest.raises(AssertionError, match="git knows no revision 'v9'"):
        project.run("nbstage", "report", "--baseline", "v9")
    with pytest.raises(AssertionError, match="git knows no revision '--output=x'"):
        project.run("nbstage", "report", "--baseline=--output=x")


def test_the_project_may_be_a_folder_of_the_repository(tmp_path: Path) -> None:
    outer = Project(tmp_path / "outer")
    outer.root.mkdir()
    outer.git("init", "--quiet", "--initial-branch", "main")
    inner = Project(outer.root / "models")
    inner.root.mkdir()
    inner.run("dvc", "init", "--subdir", "--quiet")
    inner.write("dvc.yaml", "stages: {a: {cmd: python a.py, deps: [a.py], metrics: [m.json]}}\n")
    inner.write("a.py", "open('m.json', 'w').write('{\"auc\": 0.5}')\n")
    inner.run("dvc", "repro", "--quiet")
    inner.commit()
    inner.git("checkout", "--quiet", "-b", "change")
    inner.write("a.py", "open('m.json', 'w').write('{\"auc\": 0.75}')\n")
    inner.run("dvc", "repro", "--quiet")
    inner.commit()
    assert "| `auc` | 0.5 | 0.75 | +0.25 |" in inner.run("nbstage", "report")
