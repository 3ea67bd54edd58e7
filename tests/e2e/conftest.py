"""Projects on disk, with the real commands run in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import PLUGINS_ASIDE
from tests.e2e.command_server import Commands, shared
from tests.notebooks_as_text import ipynb

ROOT = Path(__file__).parent.parent.parent
#: What somebody who clones the repository finds of the example.
COMMITTED = ["data", "notebooks", "pipeline", "dvc.yaml", "params.yaml", "pyproject.toml"]
COMMITTED += [".dvcignore", ".gitignore", ".nbstage"]


@dataclass(frozen=True, slots=True)
class Project:
    """A project's folder. Commands run in it as on a machine without any settings of its user's."""

    root: Path

    def run(self, *command: str) -> str:
        """What a command prints; fails the test if the command fails."""
        code, told = self._done(*command)
        assert code == 0, f"{' '.join(command)}\n{told}"
        return told

    def refuses(self, *command: str) -> str:
        """What a command prints that finds something to mend."""
        code, told = self._done(*command)
        assert code == 1, f"{' '.join(command)}\n{told}"
        return told

    def fails(self, *command: str) -> str:
        """What a command prints that fails, with whatever exit code."""
        code, told = self._done(*command)
        assert code, f"{' '.join(command)}\n{told}"
        return told

    def _done(self, *command: str) -> tuple[int, str]:
        if command[0] == "dvc":
            return shared().run(self.root, self.environment(), *command)
        return self._done_by(sys.executable, "-m", *command)

    def _done_by(self, *command: str) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # pytest shows it where a test fails.
        print("$", *command, f"\n{done.stdout}")
        return done.returncode, done.stdout

    def convert(self, *notebooks: str) -> str:
        return self.run("nbstage", "convert", *notebooks)

    def repro(self) -> list[str]:
        """Bring all up to date; gives the stages that ran, in order."""
        return stages_run(self.run("dvc", "repro"))

    def git(self, *command: str) -> None:
        subprocess.run(["git", *command], cwd=self.root, env=self.environment(), check=True)

    def try_git(self, *command: str) -> tuple[int, str]:
        """git's exit code, and what it and its hooks print."""
        return self._done_by("git", *command)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "As it is now")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit a file that holds `old` just once."""
        text = self.read(path)
        assert text.count(old) == 1, f"{path} holds it {text.count(old)} times: {old}"
        self.write(path, text.replace(old, new))

    def files(self, folder: str) -> dict[str, str]:
        """The texts of all files in a folder, but for pictures, and what Python and DVC keep."""
        paths = (path for path in (self.root / folder).rglob("*") if path.is_file())
        kept = sorted(
            path for path in paths if path.suffix not in (".png", ".pyc") and path.name[0] != "."
        )
        return {path.relative_to(self.root).as_posix(): path.read_text() for path in kept}

    def environment(self) -> dict[str, str]:
        """That of a machine without any settings of its user's."""
        home = self.root.parent / f"{self.root.name}-home"
        # Nothing is shared with other tests, nor left running: no compiled modules (Python goes by
        # seconds and sizes), no search for new versions of DVC, no cores for threads that wait.
        return {
            "CI": "true",
            "DVC_GLOBAL_CONFIG_DIR": str(home),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(home / "cache"),
            "DVC_SYSTEM_CONFIG_DIR": str(home),
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "agg",
            "OMP_WAIT_POLICY": "passive",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTEST_ADDOPTS": PLUGINS_ASIDE,
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def stages_run(output: str) -> list[str]:
    """The stages that `dvc repro` says it ran."""
    return re.findall(r"^Running stage '([^']+)'", output, re.MULTILINE)


def initialised(root: Path) -> Project:
    """A project as `nbstage init` makes it: a copy of the first of its name."""
    first = Path(_first_initialised(root.name).name) / root.name
    shutil.copytree(first, root, symlinks=True)
    return Project(root)


@cache
def _first_initialised(name: str) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="initialised-")
    project = Project(Path(folder.name) / name)
    project.root.mkdir()
    project.run("nbstage", "init")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _first_ones_go() -> Iterator[None]:
    """xdist's workers end without tidying up."""
    yield
    if _first_initialised.cache_info().currsize:
        _first_initialised("project").cleanup()


def new_project(root: Path) -> Project:
    """The same without its first notebook."""
    project = initialised(root)
    (root / "notebooks/first.ipynb").unlink()
    return project


def under_git_and_dvc(root: Path) -> Project:
    """An empty project that knows nothing of nbstage."""
    root.mkdir()
    project = Project(root)
    project.git("init", "--quiet")
    project.run("dvc", "init", "--quiet")
    return project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project as `nbstage init` makes it, without its first notebook."""
    return new_project(tmp_path / "project")


@pytest.fixture(scope="session")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example as it is committed, with `dvc repro` run from nothing. Not to be changed."""
    project = under_git_and_dvc(tmp_path_factory.mktemp("example") / "project")
    for name in COMMITTED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, project.root / name)
    project.run("dvc", "repro")
    return project


@pytest.fixture
def example(reproduced: Project, tmp_path: Path) -> Project:
    """A copy of the reproduced example, to be changed."""
    shutil.copytree(reproduced.root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


@pytest.fixture
def commands() -> Commands:
    """What runs `dvc` and `nbstage` without importing them each time."""
    return shared()


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project under git and DVC without a stage. Not to be changed."""
    return under_git_and_dvc(tmp_path_factory.mktemp("empty") / "project")


def percent(project: Project, name: str, text: str) -> str:
    """Write a notebook given in percent format; gives its path."""
    project.write(f"notebooks/{name}.ipynb", ipynb(text))
    return f"notebooks/{name}.ipynb"
