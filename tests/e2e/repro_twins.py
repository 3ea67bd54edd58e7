"""Copies of one project, in each of which the same is done with other programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.command_server import Commands
from tests.e2e.conftest import Project
from tests.e2e.repro_projects import Case, Files

DVC = ("dvc", "repro")
OURS = ("nbstage", "repro", "-j1")


@dataclass(frozen=True, slots=True)
class Twin:
    """A copy of the empty project, in which all is done with its programs."""

    root: Path
    commands: Commands
    programs: tuple[tuple[str, ...], ...]

    def write(self, files: Files) -> None:
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")

    def repro(self, arguments: tuple[str, ...], turn: int) -> tuple[int, str]:
        """Reproduce; where there are several programs, they take turns."""
        code, told = self.run(*self.programs[turn % len(self.programs)], *arguments)
        assert "Traceback" not in told
        return code, told

    def run(self, *command: str) -> tuple[int, str]:
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


def twin(
    empty: Project, folder: Path, commands: Commands, case: Case, *programs: tuple[str, ...]
) -> Twin:
    """A copy of the empty project with the case's files."""
    shutil.copytree(empty.root, folder / "project")
    made = Twin(folder / "project", commands, programs)
    made.write(case.files)
    return made


def compare(dvc: Twin, other: Twin, case: Case) -> None:
    """Take each of the case's steps in both; assert that they leave the same."""
    for turn, step in enumerate(case.steps):
        if not isinstance(step, tuple):
            dvc.write(step)
            other.write(step)
            continue
        code, _ = dvc.repro(step, turn)
        our_code, told = other.repro(step, turn)
        assert bool(code) == bool(our_code), step
        assert ("refuses it too" in told) == case.broken
        assert dvc.left() == other.left(), step
