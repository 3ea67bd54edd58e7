"""Copies of one project, in each of which the same is done with other programs."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
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
    folder: str = ""

    def write(self, files: Files) -> None:
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink(missing_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_text(text, encoding="utf-8")

    def repro(self, arguments: tuple[str, ...], turn: int) -> tuple[int, str]:
        """Reproduce; where there are several programs, they take turns."""
        code, told = self.run(*self.programs[turn % len(self.programs)], *arguments)
        assert "Traceback" not in told
        return code, told

    def line(self, line: str) -> None:
        """Run a line: `dvc` with the others, all else by the shell."""
        if line.startswith("dvc "):
            code, told = self.run(*shlex.split(line))
            assert code == 0, told
        else:
            environment, folder = self._environment(), self.root / self.folder
            subprocess.run(["bash", "-c", line], cwd=folder, env=environment, check=True)

    def run(self, *command: str) -> tuple[int, str]:
        return self.commands.run(self.root / self.folder, self._environment(), *command)

    def left(self) -> dict[str, object]:
        """All that a reproduction leaves: files, the cache with its runs, what DVC thinks of it,
        and what git was told.
        """
        kept = {path: self._seen(path) for path in self._paths()}
        status = self.run("dvc", "status", "--json")[1].replace(str(self._around), "")
        staged = ["git", "diff", "--cached", "--name-only"]
        return {
            "status": json.loads(status) if status.startswith("{") else "",
            "git": subprocess.run(staged, cwd=self.root, capture_output=True, check=False).stdout,
            **{path.relative_to(self._around).as_posix(): seen for path, seen in kept.items()},
        }

    def _environment(self) -> dict[str, str]:
        return Project(self.root).environment() | {"SHELL": "/bin/bash"}

    @property
    def _around(self) -> Path:
        """The folder of the project and of all that lies beside it."""
        return self.root.parent

    def _paths(self) -> Iterator[Path]:
        for path in sorted(self._around.rglob("*")):
            parts = path.relative_to(self._around).parts
            if not {".git", "tmp", f"{self.root.name}-home"} & set(parts):
                yield path

    def _seen(self, path: Path) -> tuple[object, ...]:
        """A folder, where a link leads, or a file with its mode and how often it is linked."""
        if path.is_symlink():
            return ("link", str(path.readlink()).replace(str(self._around), ""))
        seen = path.stat()
        if path.is_dir():
            return ("folder", seen.st_mode)
        text = path.read_bytes().replace(str(self._around).encode(), b"")
        return (seen.st_mode, seen.st_nlink, text)


def twin(
    empty: Project, folder: Path, commands: Commands, case: Case, *programs: tuple[str, ...]
) -> Twin:
    """A copy of the empty project with the case's files."""
    shutil.copytree(empty.root, folder / "project")
    made = Twin(folder / "project", commands, programs, case.folder)
    made.write(case.files)
    return made


def compare(dvc: Twin, other: Twin, case: Case) -> None:
    """Take each of the case's steps in both; assert that they leave the same."""
    for turn, step in enumerate(case.steps):
        if not isinstance(step, tuple):
            for one in (dvc, other):
                one.line(step) if isinstance(step, str) else one.write(step)
            continue
        code, _ = dvc.repro(step, turn)
        our_code, told = other.repro(step, turn)
        assert bool(code) == bool(our_code), step
        assert ("refuses it too" in told) == case.broken
        assert dvc.left() == other.left(), step
