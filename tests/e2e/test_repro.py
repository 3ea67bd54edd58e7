"""`nbstage repro` and `dvc repro` leave the same, whatever is asked of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command_server import Commands
from tests.e2e.conftest import Project
from tests.e2e.repro_projects import ASKED, Case
from tests.e2e.repro_twins import DVC, OURS, compare, twin

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.name)
def test_all_that_it_leaves_is_what_dvc_leaves(
    case: Case, empty_project: Project, tmp_path: Path, commands: Commands
) -> None:
    dvc = twin(empty_project, tmp_path / "dvc", commands, case, DVC)
    ours = twin(empty_project, tmp_path / "ours", commands, case, OURS)
    compare(dvc, ours, case)


def test_each_goes_on_where_the_other_has_stopped(
    empty_project: Project, tmp_path: Path, commands: Commands
) -> None:
    case = ASKED[0]
    dvc = twin(empty_project, tmp_path / "dvc", commands, case, DVC)
    turns = twin(empty_project, tmp_path / "turns", commands, case, OURS, DVC)
    compare(dvc, turns, case)
