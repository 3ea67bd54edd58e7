"""matplotlib's figures. They are not looked into: to draw or store one changes its inside."""

from __future__ import annotations

import sys
from typing import Any

from nbstage.recorder.content import Look, Round
from nbstage.recorder.instances import attributes

# Any in this module: matplotlib is not imported for those who don't use it.


def is_drawing(kind: type) -> bool:
    """Whether values of this type are figures or parts of figures."""
    artist = getattr(sys.modules.get("matplotlib.artist"), "Artist", None)
    return isinstance(artist, type) and issubclass(kind, artist)


def drawing_parts(value: Any, seen: Look, now: Round) -> object:
    """Which figure it is or belongs to: all its parts lead to each other."""
    held: dict[Any, Any] = attributes(value) or {}
    figure = held.get("_parent_figure", held.get("figure"))
    figure = (attributes(figure) or {}).get("_root_figure", figure)
    seen.members.add(id(value if figure is None else figure))
    seen.opaque = seen.drawing = True
    return "drawing", id(value)


def open_figures() -> int:
    """How many figures pyplot holds."""
    managers = getattr(sys.modules.get("matplotlib._pylab_helpers"), "Gcf", None)
    return len(getattr(managers, "figs", ()))
