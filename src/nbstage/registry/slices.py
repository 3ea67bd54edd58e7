"""The predictions of one version -> its measures, for all rows and in each slice."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbstage.compare.difference import measure_new, measures_of
from nbstage.compare.files import file_of
from nbstage.compare.nouns import Side
from nbstage.compare.pair import Pair, make_pair, parts_of
from nbstage.compare.predictions import FEWEST_ROWS, predictions_path
from nbstage.compare.table import Unusable, read_scored
from nbstage.policy import Predicted

if TYPE_CHECKING:
    from nbstage.report.data import Plain

_MOST_SLICES = 60


def slices_of(side: Side, said: Predicted) -> list[Plain]:
    """Each slice with its rows and measures, the first of all rows; nothing without predictions."""
    path = predictions_path(said, (side,))
    if not path or any(importlib.util.find_spec(name) is None for name in ("scipy", "pandas")):
        return []
    try:
        scored = read_scored(file_of(side, path), path, said, side.name)
        pair = make_pair(scored, scored, said)
    except (OSError, Unusable):
        return []
    return list(_rows(pair, said))[:_MOST_SLICES]


def _rows(pair: Pair, said: Predicted) -> Iterator[Plain]:
    names = measures_of(pair, said.threshold)
    yield _measured(pair, ("", ""), names, said.threshold)
    for part, named in parts_of(pair, pair.slices.columns):
        if len(part.label) >= FEWEST_ROWS:
            yield _measured(part, named, names, said.threshold)


def _measured(
    part: Pair, named: tuple[str, str], names: tuple[str, ...], threshold: float | None
) -> Plain:
    values = measure_new(part, names, threshold)
    found: dict[str, Plain] = {
        name: value if math.isfinite(value) else None
        for name, value in zip(names, values, strict=True)
    }
    return {"column": named[0], "value": named[1], "rows": len(part.label), "measures": found}
