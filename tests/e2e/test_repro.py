"""`nbstage repro` and `dvc repro` leave the same, whatever is asked of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.command_server import Commands
from tests.e2e.conftest import Project, under_git_and_dvc
from tests.e2e.repro_projects import CASES, Case, Files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    server = Commands()
    yield server
    server.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without a stage. Not to be changed."""
    return under_git_and_dvc(tmp_path_factory.mktemp("empty") / "project")


@dataclass(frozen=True, slots=True)
class Twin:
    """A copy of the empty project, in which all is done with one program."""

    root: Path
    commands: Commands
    program: tuple[str, ...]

    def write(self, files: Files) -> None:
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")

    def repro(self, arguments: tuple[str, ...]) -> tuple[int, str]:
        code, told = self.run(*self.program, *arguments)
        assert "Traceback" not in told
        return code, told

    def run(self, *command: str) -> tuple[int, str]:
        # DVC goes through sets of stages where targets are named: their order is by hashes.
        environment = Project(self.root).environment() | {"SHELL": "/bin/bash"}
        return self.commands.run(self.root, environment, *command)

    def left(self) -> dict[str, object]:
        """All that a reproduction leaves: files, the cache with its runs, what DVC thinks of it."""
        kept = {path: path.read_bytes() for path in self._files()}
        status = self.run("dvc", "status", "--json")[1]
        return {
            "status": json.loads(status) if status.startswith("{") else "",
            **{path.relative_to(self.root).as_posix(): text for path, text in kept.items()},
        }

    def _files(self) -> Iterator[Path]:
        for folder in (self.root, self.root / ".dvc/cache"):
            for path in sorted(folder.rglob("*")):
                parts = path.relative_to(folder).parts
                if path.is_file() and not {".git", ".dvc"} & set(parts):
                    yield path


def twin(empty: Project, folder: Path, commands: Commands, case: Case, *program: str) -> Twin:
    shutil.copytree(empty.root, folder / "project")
    made = Twin(folder / "project", commands, program)
    made.write(case.files)
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_that_it_leaves_is_what_dvc_leaves(
    case: Case, empty: Project, tmp_path: Path, commands: Commands
) -> None:
    dvc = twin(empty, tmp_path / "dvc", commands, case, "dvc", "repro")
    ours = twin(empty, tmp_path / "ours", commands, case, "nbstage", "repro", "-j1")
    for step in case.steps:
        if not isinstance(step, tuple):
            dvc.write(step)
            ours.write(step)
            continue
        code, _ = dvc.repro(step)
        our_code, told = ours.repro(step)
        assert bool(code) == bool(our_code), step
        assert ("refuses it too" in told) == case.broken
        assert dvc.left() == ours.left(), step
