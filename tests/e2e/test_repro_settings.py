"""`nbstage repro` and `dvc repro` leave the same in projects of DVC's rarer kinds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.command_server import Commands
from tests.e2e.conftest import Project, under_git_and_dvc
from tests.e2e.repro_projects import Case, dvc_yaml, stage
from tests.e2e.repro_settings import SETTINGS
from tests.e2e.repro_twins import DVC, OURS, compare, twin

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", SETTINGS, ids=lambda case: case.name)
def test_all_that_it_leaves_there_is_what_dvc_leaves(
    case: Case, empty_project: Project, tmp_path: Path, commands: Commands
) -> None:
    dvc = twin(empty_project, tmp_path / "dvc", commands, case, DVC)
    ours = twin(empty_project, tmp_path / "ours", commands, case, OURS)
    compare(dvc, ours, case)


def test_where_the_disk_is_full_the_lock_stays_whole_and_that_is_said(tmp_path: Path) -> None:
    project = under_git_and_dvc(tmp_path / "project")
    project.write("params.yaml", "small: 1\nlarge: ")
    entries = (stage(name, f"touch {name}", f"params: [{name}]") for name in ("small", "large"))
    project.write("dvc.yaml", dvc_yaml(*entries))
    project.run("nbstage", "repro")
    before = project.read("dvc.lock")
    project.write("params.yaml", f"small: 1\nlarge: {'long ' * 40_000}\n")
    command = f"ulimit -f 150; exec {sys.executable} -m nbstage repro"
    code, told = project._done_by("bash", "-c", command)
    assert (code, project.read("dvc.lock")) == (1, before)
    assert "failed   'large': [Errno 27] File too large" in told


def test_of_very_long_output_the_end_is_shown_and_where_all_of_it_is(tmp_path: Path) -> None:
    project = under_git_and_dvc(tmp_path / "project")
    project.write("dvc.yaml", dvc_yaml(stage("long", "seq 1000000; exit 1", outs=["l.txt"])))
    lines = project.refuses("nbstage", "repro").splitlines()
    begin = lines.index("  | (all that was printed is in .dvc/tmp/nbstage/long.txt)")
    assert lines[begin + 1 : begin + 3] == ["  | 999941", "  | 999942"]
    assert project.read(".dvc/tmp/nbstage/long.txt").count("\n") == 1_000_000


def test_a_stage_finds_the_environment_that_nbstage_was_called_with(tmp_path: Path) -> None:
    project = under_git_and_dvc(tmp_path / "project")
    project.write("dvc.yaml", dvc_yaml(stage("e", "env -0 | tr '\\0' '\\n' > e", outs=["e"])))
    command = ["env", "-u", "DVC_NO_ANALYTICS", sys.executable, "-m", "nbstage", "repro"]
    assert project._done_by(*command)[0] == 0
    names = {line.partition("=")[0] for line in project.read("e").splitlines()}
    given = project.environment().keys() - {"DVC_NO_ANALYTICS"}
    assert names - {"_", "PWD", "SHLVL"} == given | {"DVC_ROOT", "DVC_STAGE"}
