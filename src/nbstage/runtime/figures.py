"""The figures of pyplot, as a notebook treats them."""

from __future__ import annotations

import sys


def close_figures() -> None:
    """Close all open figures, as Jupyter does at the end of each cell: the next one begins with
    none.
    """
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
