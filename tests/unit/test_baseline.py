"""Which commit a version is compared with, whatever branches and tags are called."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nbstage.baseline.git import find_baseline
from nbstage.errors import UserError
from nbstage.verify.pipeline_run import Pipeline, times


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with two commits, the first of which is its server's branch `trunk`, and no other."""
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    root = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--initial-branch", "change", str(root))
    commit(root)
    git(root, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    commit(root)
    return root


def git(folder: Path, *command: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *who, *command], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(root: Path) -> None:
    git(root, "commit", "--quiet", "--allow-empty", "--message", "Something")


def test_a_tag_or_branch_called_as_the_servers_main_branch_is_not_taken_for_it(
    repository: Path,
) -> None:
    first = git(repository, "rev-parse", "origin/trunk")
    git(repository, "tag", "origin/trunk")
    git(repository, "branch", "origin/trunk")
    commit(repository)
    found = find_baseline(repository, None, "trunk")
    assert (found.commit, found.chosen) == (first, "the merge base with origin/trunk")


def test_what_github_says_a_pull_request_is_for_goes_before_any_setting(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = git(repository, "rev-parse", "origin/trunk")
    git(repository, "update-ref", "refs/remotes/origin/mine", "HEAD")
    commit(repository)
    assert find_baseline(repository, None, "mine").commit != first
    monkeypatch.setenv("GITHUB_BASE_REF", "trunk")
    assert find_baseline(repository, None, "mine").commit == first


def test_a_main_branch_that_nobody_names_is_asked_for(repository: Path) -> None:
    with pytest.raises(UserError, match="no branch master-branch or main or master, here or"):
        find_baseline(repository, None, "master-branch")
    git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert find_baseline(repository, None).chosen == "the merge base with origin/HEAD"


def test_a_pipeline_that_begins_no_stage_took_no_time(tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    output.write_text("ERROR: 'dvc.yaml' is dvc-ignored\n", encoding="utf-8")
    with subprocess.Popen(["false"]) as process:
        assert times(Pipeline(process, output)) == {}
