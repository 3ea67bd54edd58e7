"""Adopt a folder as a project: git, DVC, folders, settings and a first notebook. An edge."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nbstage.config import read_config, read_settings
from nbstage.errors import UserError
from nbstage.project import find_notebooks
from nbstage.scaffold.install import complete, lacking, packages, requirements
from nbstage.scaffold.merge import merge_gitignore, merge_pyproject
from nbstage.scaffold.programs import init_dvc, init_git
from nbstage.scaffold.workflows import dockerfile, workflow_files
from nbstage.serve_settings import ServeSettings

FOLDERS = ("data", "notebooks", "tests")
STARTER = "notebooks/first.ipynb"


class Did(Enum):
    """What became of one part of the project."""

    CREATED = "created"
    EXTENDED = "extended"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the project and what was done about it."""

    did: Did
    what: str


def adopt(folder: Path) -> tuple[Step, ...]:
    """Make `folder` a project of nbstage and return what that took. A second time it takes nothing.

    Raises UserError where git or DVC is missing or refuses, and where a file can't be written.
    """
    try:
        return tuple(_steps(folder))
    except UnicodeDecodeError as error:
        raise UserError(
            f"a file of '{folder}' is not UTF-8 text: {error.reason}",
            "save .gitignore and pyproject.toml with that encoding.",
        ) from None
    except OSError as error:
        raise UserError(
            f"'{error.filename or folder}' can't be written: {error.strerror}",
            "look at its permissions and at what is in its place; then run `nbstage init` again.",
        ) from None


def advice(folder: Path, steps: tuple[Step, ...]) -> str:
    """Return what to do next, line by line."""
    lines = ["next:"]
    if Step(Did.CREATED, STARTER) in steps:
        missing = [name for name in ("sklearn", "pandas") if importlib.util.find_spec(name) is None]
        if missing:
            lines.append("  pip install scikit-learn pandas  # what the first notebook needs")
    elif not _has_stages(folder):
        lines.append("  # once your notebook's cells carry tags such as stage:load, stage:train")
    if folder.resolve() != Path.cwd().resolve():
        lines.append(f"  cd {shlex.quote(str(folder))}")
    lines += ["  nbstage convert", "  nbstage repro  # or dvc repro"]
    created = [name for name in ("ci", "release") if _created(name) in steps]
    if created:
        lines += [f"  {line}" for line in lacking(folder, release="release" in created)]
    return "\n".join(lines)


def _created(workflow: str) -> Step:
    return Step(Did.CREATED, f".github/workflows/{workflow}.yml")


def _has_stages(folder: Path) -> bool:
    """Whether a notebook of the project carries stage tags already."""
    try:
        return bool(find_notebooks(folder, read_config(folder)))
    except UserError:
        return False


def _steps(folder: Path) -> Iterator[Step]:
    places = _notebook_folders(folder)
    patterns = tuple(_pattern(place) for place in places) or ("notebooks/*.ipynb",)
    # First what may be refused, before anything is written.
    pyproject = folder / "pyproject.toml"
    if pyproject.is_file():
        merge_pyproject(_text(pyproject), patterns)
        read_settings(folder)
    folder.mkdir(parents=True, exist_ok=True)
    yield _git(folder)
    yield _dvc(folder)
    for name in FOLDERS:
        yield _folder(folder, name, empty=name == "data" or (name == "notebooks" and bool(places)))
    yield _merged(folder, ".gitignore", merge_gitignore)
    yield _merged(folder, "pyproject.toml", lambda text: merge_pyproject(text, patterns))
    yield _copied(folder, ".pre-commit-config.yaml", "pre-commit-config.yaml")
    yield _copied(folder, "tests/test_pipeline.py", "test_pipeline.py")
    if not places:
        yield _copied(folder, STARTER, "first.ipynb")
    yield from _image(folder)
    yield from _workflows(folder)


def _notebook_folders(folder: Path) -> list[str]:
    """Folders with notebooks in them, "." for the project's own; one level deep will do."""
    found = {path.parent for glob in ("*.ipynb", "*/*.ipynb") for path in folder.glob(glob)}
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    return [name for name in names if name == "." or not name.startswith(".")]


def _pattern(place: str) -> str:
    return "*.ipynb" if place == "." else f"{place}/*.ipynb"


def _git(folder: Path) -> Step:
    if _above(folder, ".git"):
        return Step(Did.KEPT, "git repository")
    init_git(folder)
    return Step(Did.CREATED, "git repository")


def _dvc(folder: Path) -> Step:
    """A repository's DVC serves its subfolders too, but not what is outside of it."""
    repository = _above(folder, ".git") or folder
    dvc = _above(folder, ".dvc")
    if dvc and dvc.is_relative_to(repository):
        return Step(Did.KEPT, "DVC")
    init_dvc(folder, subfolder=repository != folder.resolve())
    return Step(Did.CREATED, "DVC")


def _above(folder: Path, mark: str) -> Path | None:
    start = folder.resolve()
    return next((path for path in (start, *start.parents) if (path / mark).exists()), None)


def _folder(folder: Path, name: str, *, empty: bool) -> Step:
    path = folder / name
    if path.is_dir():
        return Step(Did.KEPT, f"{name}/")
    path.mkdir()
    if empty:
        # git knows no folder without a file in it.
        (path / ".gitkeep").touch()
    return Step(Did.CREATED, f"{name}/")


def _image(folder: Path) -> Iterator[Step]:
    """A Dockerfile is for a project that serves."""
    said = read_settings(folder)
    if said.deploy.targets or said.serve != ServeSettings():
        yield _new(folder, "Dockerfile", dockerfile(complete(said.ci, folder)))


def _workflows(folder: Path) -> Iterator[Step]:
    """GitHub reads workflows at the root of a repository alone."""
    if not (folder / ".git").exists():
        return
    said = read_settings(folder)
    settings = complete(said.ci, folder)
    if needed := requirements(folder, settings.nbstage):
        yield _new(folder, "requirements.txt", needed)
    for name, text in workflow_files(settings, packages(folder), said.deploy).items():
        yield _new(folder, name, text)


def _copied(folder: Path, name: str, template: str) -> Step:
    text = (Path(__file__).with_name("files") / template).read_text(encoding="utf-8")
    return _new(folder, name, text)


def _new(folder: Path, name: str, text: str) -> Step:
    path = folder / name
    if os.path.lexists(path):
        return Step(Did.KEPT, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _create(path, text)
    return Step(Did.CREATED, name)


def _merged(folder: Path, name: str, merge: Callable[[str], str]) -> Step:
    """A link is the user's arrangement: what it leads to may serve other projects, too."""
    path = folder / name
    if not os.path.lexists(path):
        _create(path, merge(""))
        return Step(Did.CREATED, name)
    if path.is_symlink():
        return Step(Did.KEPT, name)
    before = _text(path)
    after = merge(before)
    if after == before:
        return Step(Did.KEPT, name)
    _replace(path, after)
    return Step(Did.EXTENDED, name)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _create(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="") as file:
        file.write(text)


def _replace(path: Path, text: str) -> None:
    """The file is the old or the new one at any time."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    os.close(handle)
    new = Path(name)
    try:
        new.write_text(text, encoding="utf-8", newline="")
        shutil.copymode(path, new)
        new.replace(path)
    except OSError:
        new.unlink()
        raise
