"""The fixed state that both runs start from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_START = Path(__file__).parent / "start"
# What a kernel sets where nobody has set another one, and so the notebook's truth: it closes the
# figures after each cell. The pipeline does that itself, and draws without a window.
_INLINE = "module://matplotlib_inline.backend_inline"
# What writes the time into a file takes this one instead, if it knows of reproducible builds.
_A_TIME = "1700000000"


def for_notebook(environment: Mapping[str, str]) -> dict[str, str]:
    """What to set for the notebook's kernel beside what `environment` holds."""
    return {**_for_both(environment), "MPLBACKEND": _INLINE}


def for_pipeline(environment: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the pipeline's processes."""
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
