"""Copies of a project, and what changed in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstage.errors import UserError
from nbstage.verify.copies import changed, copy_project, state_of
from nbstage.verify.pipeline_run import prepare_dvc
from nbstage.verify.work import folder_for


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)


def files(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()
    )


def test_a_copy_lacks_repositories_environments_caches_and_what_stages_make(tmp_path: Path) -> None:
    root, copy = tmp_path / "project", tmp_path / "copy"
    kept = ["data/x.csv", "notebooks/nb.ipynb", ".dvc/config", "artifacts/other/y.pkl"]
    gone = [".git/config", "env/pyvenv.cfg", "env/bin/python", "a/__pycache__/m.pyc", "dvc.lock"]
    gone += [".dvc/cache/files/x", ".dvc/tmp/lock", ".dvc/config.local", "artifacts/load/x.pkl"]
    gone += ["plots/load/curve.csv"]
    write(root, *kept, *gone)
    copy_project(root, copy, frozenset({"artifacts/load/x.pkl", "plots/load"}))
    assert files(copy) == sorted(kept)


def test_what_is_done_to_a_copy_is_not_done_to_the_project(tmp_path: Path) -> None:
    root, copy, outside = tmp_path / "project", tmp_path / "copy", tmp_path / "outside"
    write(root, "data/x.csv")
    write(outside, "big.csv", "folder/y.csv")
    (root / "data/x.csv").chmod(0o444)
    (root / "near.csv").symlink_to("data/x.csv")
    (root / "far.csv").symlink_to(outside / "big.csv")
    (root / "folder").symlink_to(outside / "folder")
    copy_project(root, copy, frozenset())
    assert (copy / "near.csv").readlink() == Path("data/x.csv")
    for path in ("near.csv", "far.csv", "folder/y.csv"):
        (copy / path).write_text("changed")
    assert (root / "data/x.csv").read_text() == "data/x.csv"
    assert (outside / "big.csv").read_text() == "big.csv"
    assert (outside / "folder/y.csv").read_text() == "folder/y.csv"


def test_links_in_a_circle_and_broken_ones_are_no_trouble(tmp_path: Path) -> None:
    root, copy, outside = tmp_path / "project", tmp_path / "copy", tmp_path / "outside"
    write(root, "data/x.csv")
    write(outside, "y.csv")
    (root / "data/around").symlink_to("..")
    (root / "broken").symlink_to("nowhere")
    (root / "away").symlink_to(outside)
    (outside / "back").symlink_to(outside)
    copy_project(root, copy, frozenset())
    assert (copy / "data/around").readlink() == Path("..")
    assert files(copy / "away") == ["y.csv"]


def test_what_a_run_made_wrote_and_removed_is_known(tmp_path: Path) -> None:
    write(tmp_path, "kept", "written", "removed", "dvc.lock", ".dvc/tmp/x")
    before = state_of(tmp_path)
    (tmp_path / "written").write_text("anew")
    (tmp_path / "removed").unlink()
    write(tmp_path, "made", ".dvc/tmp/y", "__pycache__/z.pyc")
    (tmp_path / "dvc.lock").write_text("ran")
    assert changed(before, state_of(tmp_path)) == {"written", "removed", "made"}


def test_dvc_runs_the_notebooks_stages_alone_with_a_cache_of_its_own(tmp_path: Path) -> None:
    copy, own = tmp_path / "copy", tmp_path / "own"
    write(copy, ".dvc/config")
    (copy / "dvc.yaml").write_text(
        "vars: [v: 1]\nstages:\n  mine:\n    cmd: 'true'\n  yours:\n    cmd: 'false'\n"
    )
    prepare_dvc(copy, own, frozenset({"mine"}))
    text = (copy / "dvc.yaml").read_text()
    assert "mine" in text
    assert "vars" in text
    assert "yours" not in text
    config = (copy / ".dvc/config.local").read_text()
    assert "no_scm = true" in config
    assert str(own) in config
    assert (copy / ".dvc/config").read_text() == ".dvc/config"


def test_a_folder_that_cant_be_made_is_the_users_to_mend(tmp_path: Path) -> None:
    write(tmp_path, "file")
    with pytest.raises(UserError) as refused, folder_for(tmp_path / "file/kept"):
        pass
    assert "can't be copied" in refused.value.message
    assert "TMPDIR" in refused.value.hint
