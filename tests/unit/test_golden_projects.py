"""Whole projects as the tool writes them: tests/golden/projects, rewritten by `pytest --accept`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbstage import app
from tests.conftest import Golden

PROJECTS = Path(__file__).parent.parent / "golden" / "projects"
NAMES = sorted(folder.name for folder in PROJECTS.iterdir())


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(name: str, tmp_path: Path) -> Path:
    """The golden project with nothing but its notebook, converted."""
    shutil.copytree(PROJECTS / name / "notebooks", tmp_path / "notebooks")
    app.convert(tmp_path, (f"notebooks/{name}.py",))
    shutil.rmtree(tmp_path / ".nbstage")  # hashes of what is compared here anyway
    return tmp_path


def test_a_project_is_converted_to_just_the_files_in_its_folder(
    name: str, project: Path, golden: Golden, request: pytest.FixtureRequest
) -> None:
    written = files_in(project)
    for path in files_in(PROJECTS / name) - written:
        if request.config.getoption("--accept"):
            (PROJECTS / name / path).unlink()
    for path in sorted(written):
        text = (project / path).read_bytes().decode()
        golden(f"tests/golden/projects/{name}/{path}", text)
    assert files_in(PROJECTS / name) == written


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_ruff_as_it_comes_finds_nothing_in_what_is_written(project: Path) -> None:
    run(project, "ruff", "check", "--isolated", "--no-cache", "pipeline")


def test_what_is_written_is_formatted_as_ruff_does(project: Path) -> None:
    options = ["--check", "--isolated", "--no-cache", "--exclude", "unformatted.py"]
    run(project, "ruff", "format", *options, "pipeline")


@pytest.mark.slow
def test_mypy_finds_nothing_in_what_is_written(project: Path, mypy: tuple[str, ...]) -> None:
    run(project, *mypy, "pipeline")


def run(folder: Path, *command: str) -> None:
    """Run a tool; what it says is in the failure."""
    found = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
