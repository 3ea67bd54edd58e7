"""`nbstage repro` and `dvc repro` leave the same, whatever is asked of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.command_server import Commands
from tests.e2e.conftest import Project
from tests.e2e.repro_projects import ASKED, Case, dvc_yaml, stage
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


def test_a_large_result_is_not_copied_back_from_the_cache(
    empty_project: Project, tmp_path: Path, commands: Commands
) -> None:
    files = {
        "dvc.yaml": dvc_yaml(
            stage("large", "sh make.sh", deps=["make.sh"], outs=["big"]),
        ),
        "make.sh": "head -c 2000000 /dev/zero > big; stat -c %i big > file_number\n",
    }
    ours = twin(empty_project, tmp_path, commands, Case("large", files, ()), OURS)

    assert ours.repro((), 0)[0] == 0

    before = int((ours.root / "file_number").read_text(encoding="utf-8"))
    (cached,) = (ours.root / ".dvc/cache/files/md5").glob("*/*")
    assert cached.stat().st_mode & 0o777 == 0o444
    assert (ours.root / "big").stat().st_ino == before or _has_reflinks(tmp_path)


def _has_reflinks(folder: Path) -> bool:
    from dvc_objects.fs.generic import test_links
    from dvc_objects.fs.local import localfs

    return bool(test_links(["reflink"], localfs, str(folder), localfs, str(folder / "file")))
