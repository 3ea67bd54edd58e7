"""The project that a test file belongs to, and how its tests see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.runtime import StageError

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet


def root_of(file: str) -> Path:
    """The project's root: the nearest folder above the test file that has a dvc.yaml or a pipeline.

    Without any, the folder that the tests' folder lies in.
    """
    above = Path(file).resolve().parents
    marks = ("dvc.yaml", "pipeline")
    found = (folder for folder in above if any((folder / mark).exists() for mark in marks))
    return next(found, above[min(1, len(above) - 1)])


def stages_in(root: Path) -> dict[str, tuple[str, ...]]:
    """The stages that dvc.yaml has from notebooks, each with what it depends on."""
    from nbstage.runtime.yaml12 import read_yaml

    file = root / "dvc.yaml"
    data = read_yaml(file.read_text(encoding="utf-8")) if file.is_file() else None
    stages = data.get("stages") if isinstance(data, Mapping) else None
    if not isinstance(stages, Mapping):
        return {}
    return {
        str(name): _paths(stage.get("deps"))
        for name, stage in stages.items()
        if isinstance(stage, Mapping) and stage.get("cmd") == f"python -m pipeline.{name}"
    }


def _paths(listed: object) -> tuple[str, ...]:
    paths = listed if isinstance(listed, list) else []
    return tuple(path for path in paths if isinstance(path, str))


def missing(root: Path, paths: tuple[str, ...]) -> str:
    """Say which of the files is not there yet, or "" if none."""
    absent = next((path for path in paths if not (root / path).exists()), None)
    return f"'{absent}' is not there yet: run `dvc repro`, then the tests" if absent else ""


@contextmanager
def inside(root: Path) -> Iterator[None]:
    """Be in the project, and tell what stops a stage as a failure of the test."""
    import pytest

    __tracebackhide__ = True
    with chdir(root):
        try:
            yield
        except StageError as error:
            raise pytest.fail.Exception(error.message, pytrace=False) from None


def importable(root: Path) -> None:
    """Let the project's modules be found, as they are for `python -m pipeline.STAGE`."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))


def skipped(reason: str, name: str) -> ParameterSet:
    """The one case of a test that has nothing to do."""
    import pytest

    return pytest.param(None, id=name, marks=pytest.mark.skip(reason=reason))


def case(name: str, run: Callable[..., None], *args: object) -> ParameterSet:
    """A case that is run by calling it."""
    import pytest

    return pytest.param(partial(run, *args), id=name)
