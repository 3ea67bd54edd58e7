"""The predictions of one version -> its measures, for all rows and in each slice."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nbstage.compare.difference import measure_new, measures_of
from nbstage.compare.files import file_of
from nbstage.compare.nouns import Side
from nbstage.compare.pair import Pair, make_pair
from nbstage.compare.predictions import FEWEST_ROWS, predictions_path
from nbstage.compare.table import Unusable, read_scored
from nbstage.policy import Predicted

if TYPE_CHECKING:
    from nbstage.compare.statistics.resample import Array
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
    import numpy as np

    yield _measured(pair, np.ones(len(pair.label), dtype=bool), ("", ""), said)
    for column in pair.slices.columns:
        values = pair.slices[column].astype(str)
        for value in sorted(values.unique()):
            inside = (values == value).to_numpy()
            if int(inside.sum()) >= FEWEST_ROWS:
                yield _measured(pair, inside, (str(column), value), said)


def _measured(pair: Pair, inside: Array, named: tuple[str, str], said: Predicted) -> Plain:
    part = replace(
        pair,
        label=pair.label[inside],
        old=pair.old[inside],
        new=pair.new[inside],
        slices=pair.slices[inside],
    )
    names = measures_of(pair, said.threshold)
    values = measure_new(part, names, said.threshold)
    found: dict[str, Plain] = {
        name: value if math.isfinite(value) else None
        for name, value in zip(names, values, strict=True)
    }
    return {"column": named[0], "value": named[1], "rows": len(part.label), "measures": found}
