"""Which calls of libraries make or change figures."""

from __future__ import annotations

_LIBRARIES = (
    "lightgbm.plot_",
    "matplotlib.pylab.",
    "matplotlib.pyplot.",
    "missingno.",
    "pandas.plotting.",
    "plotly.",
    "scipy.cluster.hierarchy.dendrogram",
    "seaborn.",
    "shap.",
    "sklearn.tree.plot_tree",
    "statsmodels.graphics.",
    "xgboost.plot_",
)
_QUIET_PARTS = frozenset({"cm", "colors", "data", "style"})
_QUIET = ("get_", "set_", "rc", "close", "colormaps", "fignum_exists", "ioff", "ion", "reset_")
_QUIET_WORDS = frozenset({"axes_style", "load_dataset", "plotting_context", "set", "xkcd"})


def draws(path: str) -> bool:
    """Whether calling this library name makes, changes or shows a figure."""
    *parts, name = path.split(".")
    quiet = name.startswith(_QUIET) or name.endswith("_palette") or name in _QUIET_WORDS
    display = path.startswith("sklearn.") and "Display" in path
    known = path.startswith(_LIBRARIES) and not quiet and _QUIET_PARTS.isdisjoint(parts)
    return known or display
