"""`nbstage verify`: what is said before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbstage.cli import main
from tests.notebooks_as_text import ipynb

NOTEBOOK = """
# %% tags=["stage:make"]
x = 1
# %% tags=["stage:use"]
print(x, y)
"""

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a notebook that has an error."""
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    (root / "dvc.yaml").touch()
    (root / "notebooks/nb.ipynb").write_text(ipynb(NOTEBOOK))
    monkeypatch.chdir(root)
    return root


def test_a_tolerance_is_a_number_that_is_not_negative(project: Path, capsys: Captured) -> None:
    for value in ("-1", "inf", "nan"):
        assert main(["verify", "--rtol", value]) == 2
        assert f"'--rtol' can't be {float(value)}" in capsys.readouterr().err


def test_the_copies_are_not_kept_in_the_project(project: Path, capsys: Captured) -> None:
    assert main(["verify", "--keep", "copies"]) == 2
    assert "'copies' is inside the project" in capsys.readouterr().err


def test_a_folder_with_something_in_it_is_not_used(project: Path, capsys: Captured) -> None:
    (project.parent / "copies").mkdir()
    (project.parent / "copies/mine.txt").touch()
    assert main(["verify", "--keep", "../copies"]) == 2
    assert "'../copies' is there already" in capsys.readouterr().err


def test_a_notebook_with_an_error_is_not_run(project: Path, capsys: Captured) -> None:
    assert main(["verify"]) == 1
    out = capsys.readouterr().out
    assert "uses 'y'" in out
    assert out.endswith("nothing was run\n")
