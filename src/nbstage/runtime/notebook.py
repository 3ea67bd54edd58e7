# ruff: noqa: PTH109 - as the rest of the runtime
"""What a stage that runs as a notebook imports, in its kernel."""

from __future__ import annotations

import os
import sys

from nbstage.runtime import (
    UNSET,
    load,
    mark_done,
    random_state,
    save,
    save_metrics,
    save_tables,
    set_random_state,
)
from nbstage.runtime.places import enter

__all__ = [
    "UNSET",
    "begin",
    "load",
    "mark_done",
    "random_state",
    "save",
    "save_metrics",
    "save_tables",
    "set_random_state",
]


def begin(folder: str) -> None:
    """Go to the folder that the user's code runs in; the project's root is where the kernel began.

    Modules are found as in a stage that is a module: beside the notebook, then at the root.
    """
    sys.path.insert(1, os.getcwd())
    enter(folder)
    import pipeline  # noqa: F401 - it adds the folders that the notebooks add to sys.path

    for finder in sys.meta_path:  # `nbstage verify` has generators begin where the notebook's do
        start = getattr(finder, "stage_begins", None)
        if start is not None:
            start()
