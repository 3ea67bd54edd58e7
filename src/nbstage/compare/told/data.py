"""A comparison as JSON. Keys may be added, never renamed; NaN and infinity are texts."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum

from nbstage.compare.nouns import Comparison, Plot
from nbstage.compare.told import words
from nbstage.report.data import Plain, plain_value


def as_data(comparison: Comparison) -> dict[str, Plain]:
    """All that is known of the comparison but the plots' content."""
    verdict, why = words.headline(comparison)
    data: dict[str, Plain] = {
        "verdict": verdict,
        "because": why,
        "baseline": _plain(comparison.baseline),
        "current": comparison.current,
    }
    for key in ("metrics", "parameters", "stages", "code", "files", "predictions", "notes"):
        data[key] = _plain(getattr(comparison, key))
    return data | {"plots": [_plot(plot) for plot in comparison.plots]}


def _plain(value: object) -> Plain:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        data = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        change = getattr(value, "change", None)
        return data | ({"change": plain_value(change)} if "change" in dir(value) else {})
    return plain_value(value)


def _plot(plot: Plot) -> Plain:
    return {
        "path": plot.path,
        "old": plot.old is not None,
        "new": plot.new is not None,
        "same": plot.same,
    }
