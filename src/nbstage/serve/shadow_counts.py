"""What is counted of copies that were sent to a shadow, and how its predictions compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbstage.bundle.same import same

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge

# Any: values of JSON.
Rows = Sequence[dict[str, Any]]
#: What a field is called that only one of the two predicts.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class ShadowCounts:
    """The counters. The first label of each is what the shadow is called.

    `requests` is how many of them should have been copied; `copies` what became of each.
    """

    requests: Counter
    copies: Counter
    rows: Counter
    values: Counter
    largest: Gauge


def make_shadow_counts(registry: CollectorRegistry) -> ShadowCounts:
    """Counters in a registry."""
    from prometheus_client import Counter, Gauge

    def count(name: str, what: str, *labels: str) -> Counter:
        return Counter(f"nbstage_shadow_{name}", what, ("shadow", *labels), registry=registry)

    return ShadowCounts(
        requests=count("requests", "Requests of which a shadow was to get a copy."),
        copies=count("copies", "What became of the copies.", "result"),
        rows=count("rows", "Rows that were predicted by both.", "predicted"),
        values=count("values_different", "Values that the shadow predicted otherwise.", "field"),
        largest=Gauge(
            "nbstage_shadow_largest_difference",
            "Between two numbers that were predicted.",
            ("shadow", "field"),
            multiprocess_mode="max",
            registry=registry,
        ),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows differ, and how many values of a field; the largest difference of numbers."""

    rows: int
    values: dict[str, int]
    largest: dict[str, float]


def compare(served: Rows, shadow: Rows) -> Difference:
    """How a shadow's predictions differ from those that were answered, for the same rows."""
    rows, values, largest = 0, dict[str, int](), dict[str, float]()
    for one, other in zip(served, shadow, strict=True):
        names = [name for name in one if name not in other or not _same(one[name], other[name])]
        if one.keys() != other.keys():
            names = [*(name for name in names if name in other), OTHER]
        rows += bool(names)
        for name in names:
            values[name] = values.get(name, 0) + 1
            apart = None if name == OTHER else _apart(one[name], other[name])
            if apart is not None:
                largest[name] = max(apart, largest.get(name, 0.0))
    return Difference(rows, values, largest)


def _same(one: object, other: object) -> bool:
    try:
        return same(one, other)
    except OverflowError:  # a whole number of hundreds of digits, and a float
        return False


def _apart(one: object, other: object) -> float | None:
    """How far two numbers lie apart; None for anything else."""
    if isinstance(one, bool) or isinstance(other, bool):
        return None
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return None
    try:
        return float(abs(one - other))
    except OverflowError:
        return None
