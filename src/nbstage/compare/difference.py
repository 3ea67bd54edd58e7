"""A pair of predictions -> each measure's difference with its verdict."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.compare.directions import direction_of
from nbstage.compare.nouns import Difference, Verdict
from nbstage.compare.pair import Pair
from nbstage.compare.statistics import classify, regress
from nbstage.compare.statistics.resample import Interval, paired_intervals
from nbstage.policy import Direction


def measures_of(pair: Pair, threshold: float | None) -> tuple[str, ...]:
    """The measures that both sets of predictions have."""
    if not pair.classes:
        return regress.MEASURES
    return classify.measures_for(pair.old, pair.new, threshold)


def differences(
    pair: Pair, names: tuple[str, ...], threshold: float | None, confidence: float
) -> Iterator[Difference]:
    """Each of the measures `names` for old and new, with interval, p-value and verdict."""
    limit = classify.THRESHOLD if threshold is None else threshold
    old, new = (
        classify.measure_scores(pair.label, score, threshold=limit, names=names)
        if pair.classes
        else regress.measure_numbers(pair.label, score, names=names)
        for score in (pair.old, pair.new)
    )
    found = paired_intervals(old, new, len(pair.label), confidence)
    for name, interval in zip(names, found, strict=True):
        yield _difference(name, interval, confidence, _exact(name, pair, limit))


def better_or_worse(change: float, way: Direction) -> Verdict:
    """What a change is that is not by chance."""
    return Verdict.BETTER if (change > 0) == (way is Direction.HIGHER) else Verdict.WORSE


def _exact(name: str, pair: Pair, threshold: float) -> tuple[str, float] | None:
    """The test that a measure has beside its interval."""
    if name == "accuracy":
        p = classify.mcnemar(pair.label, pair.old, pair.new, threshold=threshold)
        return "exact McNemar", p
    if name == "mae":
        return "paired permutation", regress.permutation(pair.label, pair.old, pair.new)
    return None


def _difference(
    name: str, found: Interval, confidence: float, exact: tuple[str, float] | None
) -> Difference:
    way, verdict = direction_of(name), Verdict.NO_EVIDENCE
    shown = exact[1] < 1 - confidence if exact else found.low > 0 or found.high < 0
    if found.low != found.low:
        verdict = Verdict.UNKNOWN
    elif shown:
        verdict = better_or_worse(found.change, way)
    test, p = exact or ("paired bootstrap", found.p)
    return Difference(name, way, found.old, found.new, found.low, found.high, p, test, verdict)
