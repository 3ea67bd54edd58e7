"""Inside the kernel, before the first cell: generators at their fixed state, and an eye on where
each stage begins. Imports the standard library alone.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import sys
from pathlib import Path
from typing import Protocol

from nbstage.runtime.random_state import SOURCES, random_state

#: The variable with the path of the orders, as `orders` gives them.
VARIABLE = "NBSTAGE_VERIFY"
#: The code to run ahead of the first cell. It leaves no name behind.
CODE = f"__import__('importlib').import_module({__name__!r}).begin()"
#: In the folder of the states: the notebook came to its end, and nothing more will be written.
ENDED = "ended"
_SEED = 0


class Info(Protocol):
    """What IPython tells of a cell that is about to run."""

    cell_id: str | None


def begin() -> None:
    """Set the fixed state, and from now on write down the generators' states where a stage begins:
    for the pipeline's stage, which takes it from there.

    Something of Jupyter's own has drawn numbers by now.
    """
    from IPython import get_ipython

    random.seed(_SEED)
    orders = json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    first_cells: dict[str, str] = orders["first_cells"]

    def cell_starts(info: Info) -> None:
        stage = first_cells.get((info.cell_id or "").rpartition("-")[2])
        if stage is not None:
            _write_states(Path(orders["folder"]), stage)

    shell = get_ipython()
    shell.events.register("pre_run_cell", cell_starts)


def _write_states(folder: Path, stage: str) -> None:
    """The states of the generators that are imported by now; the file "begun" comes last."""
    imported = (source for source in SOURCES if _home(source) in sys.modules)
    for source in imported:
        (folder / f"{stage}.{source}").write_bytes(pickle.dumps(random_state(source)[source]))
    (folder / f"{stage}.begun").touch()


def _home(source: str) -> str:
    return "numpy.random" if source == "numpy" else source
