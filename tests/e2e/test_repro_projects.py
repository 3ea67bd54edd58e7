"""`nbstage repro` and `dvc repro` leave the same of each kind of stage that `dvc.yaml` can hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command_server import Commands
from tests.e2e.conftest import Project
from tests.e2e.repro_projects import KINDS, Case
from tests.e2e.repro_twins import DVC, OURS, compare, twin

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", KINDS, ids=lambda case: case.name)
def test_all_that_it_leaves_of_it_is_what_dvc_leaves(
    case: Case, empty_project: Project, tmp_path: Path, commands: Commands
) -> None:
    dvc = twin(empty_project, tmp_path / "dvc", commands, case, DVC)
    ours = twin(empty_project, tmp_path / "ours", commands, case, OURS)
    compare(dvc, ours, case)
