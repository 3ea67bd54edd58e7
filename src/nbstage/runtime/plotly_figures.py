# ruff: noqa: PTH100, PTH105, PTH120 - as in the rest of the runtime
"""plotly's figures: as pictures, which kaleido draws in a browser, all of a stage in one go; as
values that keep their arrays; and whether two are the same.
"""

from __future__ import annotations

import os
import sys

from nbstage.runtime.errors import StageError
from nbstage.runtime.places import from_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nbstage.runtime.same_plain import Finding


def draw(drawings: list[tuple[str, str]]) -> None:
    """Write pictures: where each goes, and its figure as plotly's JSON. The same figure gives the
    same bytes, as long as the browser and its fonts are the same.

    Raises StageError where kaleido or its browser is missing.
    """
    import tempfile

    import plotly.io

    folder = os.path.dirname(os.path.abspath(from_root(drawings[0][0])))
    figures = [plotly.io.from_json(text) for _, text in drawings]
    try:
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            targets = [f"{fresh}/{number}.png" for number in range(len(drawings))]
            plotly.io.write_images(fig=figures, file=targets, format="png")
            for target, (path, _) in zip(targets, drawings, strict=True):
                os.replace(target, from_root(path))
    except (AttributeError, ValueError, RuntimeError, OSError) as error:
        raise StageError(
            f"{_count(drawings)} of plotly can't be drawn as pictures: "
            f"{str(error).strip().splitlines()[0]} "
            "(needed are `pip install 'nbstage[plotly]'` and Chrome or Chromium; a figure that the "
            "pipeline does not need goes into a cell tagged `skip`)"
        ) from error


def _count(drawings: list[tuple[str, str]]) -> str:
    return "a figure" if len(drawings) == 1 else f"{len(drawings)} figures"


def is_figure(value: object) -> bool:
    """Whether a value is one of plotly's figures, which can't be there before plotly is."""
    base = getattr(sys.modules.get("plotly.basedatatypes"), "BaseFigure", None)
    return base is not None and isinstance(value, base)


# Any: plotly is not imported for those who don't use it.
def stored(figure: Any) -> tuple[object, ...]:
    """How to pickle a figure: plotly's own way gives its arrays back as text."""
    grid = {name: getattr(figure, name, None) for name in ("_grid_str", "_grid_ref")}
    return type(figure), ({**_told(figure), **grid},)


def compare_figures(x: Any, y: Any) -> Finding:
    """What differs in what two figures show. plotly tells keys by their names, in any order."""
    one, other = _told(x), _told(y)
    return [(name, _in_order(one[name]), _in_order(other[name])) for name in one]


def _told(figure: Any) -> dict[str, object]:
    return {
        "data": [trace.to_plotly_json() for trace in figure.data],
        "layout": figure.layout.to_plotly_json(),
        "frames": [frame.to_plotly_json() for frame in figure.frames],
    }


def _in_order(value: object) -> object:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [*map(_in_order, value)] if isinstance(value, list) else value
