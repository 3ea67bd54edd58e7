"""Run a notebook once, top to bottom, in a kernel of this Python."""

from __future__ import annotations

import json
import os
import pickle
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbstage.errors import UserError
from nbstage.model import Cell, CellFacts, CellKind, Notebook, Role
from nbstage.notebook.tags import label
from nbstage.trace.facts import cell_facts, code_key
from nbstage.trace.kernel import Died, Kernel, TooLong, execute, kernel

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_EXPECTED = "raises-exception"


@dataclass(frozen=True, slots=True)
class Keep:
    """After the cell with this number (as in `model.Cell`), save the values of these names to the
    file at `path`: one name's value as it is, several names' values as one tuple.

    `<numpy.random>`, `<random>` and `<torch.random>` name the states of generators, as
    `runtime.random_state` gives them. A name without a value is saved as `runtime.UNSET`. What
    can't be saved leaves no file but one at `path` + ".why", which says so.
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
    """What a run showed of each code cell that came to an end, and what ended it, if anything did.

    A cell without code counts as one that did nothing.
    """

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
    before: str = "",
) -> Ran:
    """Run all code cells and tell what each of them did.

    `workdir` is relative to `root`. `parameters` are assigned after the last parameters cell where
    they differ from the notebook's own. `formats` asks, by cell number, for the formats that can
    hold the values of names after that cell. `environment` is added to the kernel's own. `timeout`
    holds for each cell, in seconds. `started` is called with the number of each cell as it starts.
    `before` is code that runs ahead of all cells, unseen by them.
    """
    if not (root / workdir).is_dir():
        raise UserError(
            f"there is no folder '{workdir}' to run '{notebook.path}' in",
            "make it, or correct `workdir` under [tool.nbstage] in pyproject.toml.",
        )
    cells = [cell for cell in notebook.cells if cell.kind is CellKind.CODE]
    with tempfile.TemporaryDirectory(prefix="nbstage-trace-") as top:
        folder = Path(top)
        orders = {
            "root": str(root.resolve()),
            "folder": top,
            "parameters": dict(parameters),
            "parameters_cell": _parameters_cell(cells, notebook.path),
            "shown_in": _shown_in(),
            "formats": dict(formats or {}),
            "keep": _by_cell(keep),
        }
        (folder / "orders.pkl").write_bytes(pickle.dumps(orders))
        with kernel(folder, root / workdir, environment or {}) as running:
            begin = f"__import__('nbstage.recorder').recorder.start({str(folder / 'orders.pkl')!r})"
            for code in (begin, before):
                _must_work(execute(running, code, silent=True))
            failure = _run_cells(running, cells, timeout, started)
        lines = _lines(folder / "facts.jsonl")
    return Ran(_in_order(cells, lines), failure)


def _shown_in() -> frozenset[int]:
    """The numbers of the files, if any, that this process's output goes to: `... > out.log`."""
    found = set()
    for stream in (1, 2):
        with suppress(OSError):
            found.add(os.fstat(stream).st_ino)
    return frozenset(found)


def _parameters_cell(cells: list[Cell], path: str) -> int:
    numbers = [cell.number for cell in cells if label(cell, path)[0].role is Role.PARAMETERS]
    return max(numbers, default=0)


def _by_cell(keep: tuple[Keep, ...]) -> dict[int, tuple[tuple[tuple[str, ...], str], ...]]:
    return {
        number: tuple((wish.names, wish.path) for wish in keep if wish.cell == number)
        for number in {wish.cell for wish in keep}
    }


def _must_work(reply: dict[str, Any]) -> None:
    """The recorder's own code fails for no reason that the user could mend."""
    if reply["status"] != "ok":
        raise RuntimeError("\n".join(reply.get("traceback", ["the recorder did not start"])))


def _run_cells(
    running: Kernel, cells: Iterable[Cell], timeout: float | None, started: Callable[[int], None]
) -> Failure | None:
    for cell in cells:
        if not cell.source.strip():
            continue
        started(cell.number)
        try:
            reply = execute(running, cell.source, mark=f"nbstage-{cell.number}", timeout=timeout)
        except Died as died:
            return Failure(cell.number, "the kernel died", "", str(died))
        except TooLong as long:
            what = f"the cell ran for more than {timeout:g} seconds"
            return Failure(cell.number, "time out", what, _traceback(long.reply or {}))
        if reply["status"] != "ok" and _EXPECTED not in cell.tags:
            name, value = reply.get("ename", reply["status"]), reply.get("evalue", "")
            return Failure(cell.number, name, value, _traceback(reply))
    return None


def _traceback(reply: dict[str, Any]) -> str:
    return _COLOURS.sub("", "\n".join(reply.get("traceback", ())))


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").splitlines(keepends=True)
    found = [json.loads(line) for line in whole if line.endswith("\n")]
    defects = [line["defect"] for line in found if "defect" in line]
    if defects:
        raise RuntimeError(defects[0])
    return found


def _in_order(cells: list[Cell], lines: list[dict[str, Any]]) -> tuple[CellFacts, ...]:
    by_cell = {line.pop("cell"): line for line in lines}
    last = max(by_cell, default=0)
    return tuple(
        cell_facts({**by_cell.get(cell.number, {}), "code": code_key(cell.source)})
        for cell in cells
        if cell.number in by_cell or (not cell.source.strip() and cell.number < last)
    )
