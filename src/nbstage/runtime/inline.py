"""A backend of matplotlib that shows figures as Jupyter does: each once, and then it is closed.

matplotlib finds it as `module://nbstage.runtime.inline`, while a stage that draws runs.
"""

from __future__ import annotations

from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

from nbstage.runtime.figures import show_figures

__all__ = ["FigureCanvas", "FigureManager", "show"]


def show(*_: object, **__: object) -> None:
    """`plt.show()`: keep and close all open figures."""
    show_figures()
