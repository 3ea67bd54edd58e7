"""Run a notebook once, top to bottom, in a kernel of this Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbstage.model import CellFacts, Notebook


@dataclass(frozen=True, slots=True)
class Keep:
    """After the cell with this number (as in `model.Cell`), save the values of these names to the
    file at `path`: one name's value as it is, several names' values as one tuple.
    """

    cell: int
    names: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run ended early: the cell's number and what Jupyter would show below it."""

    cell: int
    ename: str
    evalue: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run showed of each code cell that was started, and what ended it, if anything did."""

    facts: tuple[CellFacts, ...]
    failure: Failure | None = None


def run_notebook(
    root: Path,
    notebook: Notebook,
    *,
    workdir: str,
    parameters: Mapping[str, object],
    keep: tuple[Keep, ...] = (),
    formats: Mapping[int, tuple[str, ...]] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
    started: Callable[[int], None] = lambda number: None,
) -> Ran:
    """Run all code cells and tell what each of them did.

    `workdir` is relative to `root`. `parameters` are assigned after the last parameters cell where
    they differ from the notebook's own. `formats` asks, by cell number, for the formats that can
    hold the values of names after that cell. `environment` is added to the kernel's own. `timeout`
    holds for each cell, in seconds. `started` is called with the number of each cell as it starts.
    """
    raise NotImplementedError
