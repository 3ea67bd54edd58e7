"""The fixed state that both runs start from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from nbstage.verify.begin import VARIABLE

_START = Path(__file__).parent / "start"
# What a kernel sets where nobody has set another one, and so the notebook's truth: it closes the
# figures after each cell. The pipeline does that itself, and draws without a window.
_INLINE = "module://matplotlib_inline.backend_inline"
# What writes the time into a file takes this one instead, if it knows of reproducible builds.
_A_TIME = "1700000000"


def for_notebook(environment: Mapping[str, str], orders: Path) -> dict[str, str]:
    """What to set for the notebook's kernel beside what `environment` holds. `orders` is the file
    for `verify.begin`.
    """
    return {**_for_both(environment), VARIABLE: str(orders), "MPLBACKEND": _INLINE}


def for_pipeline(environment: Mapping[str, str], orders: Path) -> dict[str, str]:
    """The whole environment of the pipeline's processes."""
    return {**for_comparing(environment), VARIABLE: str(orders)}


def for_comparing(environment: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process that reads what the pipeline made."""
    left = {name: value for name, value in environment.items() if name != "MPLBACKEND"}
    return left | _for_both(environment)


def _for_both(environment: Mapping[str, str]) -> dict[str, str]:
    """The hash seed, and random generators that begin at a fixed state."""
    paths = [os.fspath(_START), environment.get("PYTHONPATH", "")]
    return {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "SOURCE_DATE_EPOCH": environment.get("SOURCE_DATE_EPOCH", _A_TIME),
    }
