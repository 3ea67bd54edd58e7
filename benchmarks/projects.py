"""Fresh projects to measure in, all in one temporary folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = "notebooks/churn.ipynb"

Maker = Callable[[], Path]


def example(top: Path) -> Maker:
    """Give a maker of projects with the example's notebook and nothing generated."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    notebook = (ROOT / EXAMPLE).read_text(encoding="utf-8")
    return _project(top / "example", {EXAMPLE: notebook, "pyproject.toml": settings})


def example_with_data(top: Path) -> Maker:
    """Give a maker of projects in which the example's notebook can be run."""
    make_plain = example(top / "with-data")

    def make() -> Path:
        folder = make_plain()
        shutil.copytree(ROOT / "data", folder / "data")
        shutil.copy(ROOT / "params.yaml", folder / "params.yaml")
        return folder

    return make


def converted_example(top: Path) -> Maker:
    """Give a maker of the example as it is kept: its pipeline, dvc.yaml and params.yaml too."""

    def make() -> Path:
        folder = top / "converted"
        if not folder.exists():
            folder.mkdir(parents=True)
            for name in ("notebooks", "pipeline", ".nbstage"):
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__py*"))
            for name in ("dvc.yaml", "params.yaml", "pyproject.toml"):
                shutil.copy(ROOT / name, folder / name)
        return folder

    return make


def with_notebook(top: Path, text: str) -> Maker:
    """Give a maker of projects with this one notebook."""
    return _project(top, {"notebooks/orders.ipynb": text})


def _project(top: Path, files: dict[str, str]) -> Maker:
    numbers = count()

    def make() -> Path:
        folder = top / f"run-{next(numbers)}"
        for name, text in {"dvc.yaml": "", **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make
