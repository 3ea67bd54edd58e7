"""A pair of predictions -> each measure's difference with its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbstage.compare.directions import direction_of
from nbstage.compare.nouns import Difference, Verdict
from nbstage.compare.pair import Pair, Task
from nbstage.compare.statistics import classes, classify, regress
from nbstage.compare.statistics.mcnemar import mcnemar
from nbstage.compare.statistics.resample import Interval, paired_intervals
from nbstage.policy import Direction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nbstage.compare.statistics.resample import Array, Measured


def measures_of(pair: Pair, threshold: float | None) -> tuple[str, ...]:
    """The measures that both sets of predictions have."""
    match pair.task:
        case Task.NUMBERS:
            return regress.MEASURES
        case Task.CLASSES:
            return classes.MEASURES
        case Task.SCORES:
            return classify.measures_for(pair.old, pair.new, threshold)


def differences(
    pair: Pair, names: tuple[str, ...], threshold: float | None, confidence: float
) -> Iterator[Difference]:
    """Each of the measures `names` for old and new, with interval, p-value and verdict."""
    limit = classify.THRESHOLD if threshold is None else threshold
    old, new = (_measured(pair, predicted, limit, names) for predicted in (pair.old, pair.new))
    found = paired_intervals(old, new, len(pair.label), confidence)
    for name, interval in zip(names, found, strict=True):
        yield _difference(name, interval, confidence, _exact(name, pair, limit))


def measure_new(pair: Pair, names: tuple[str, ...], threshold: float | None) -> tuple[float, ...]:
    """The measures `names` of the new predictions, compared with nothing; NaN where not defined."""
    import numpy as np

    limit = classify.THRESHOLD if threshold is None else threshold
    values = _measured(pair, pair.new, limit, names)(np.ones((1, len(pair.label))))
    return tuple(float(value) for value in values[:, 0])


def _measured(pair: Pair, predicted: Array, limit: float, names: tuple[str, ...]) -> Measured:
    match pair.task:
        case Task.NUMBERS:
            return regress.measure_numbers(pair.label, predicted, names=names)
        case Task.CLASSES:
            return classes.measure_classes(pair.label, predicted, classes=pair.classes, names=names)
        case Task.SCORES:
            return classify.measure_scores(pair.label, predicted, threshold=limit, names=names)


def better_or_worse(change: float, way: Direction) -> Verdict:
    """What a change is that is not by chance."""
    return Verdict.BETTER if (change > 0) == (way is Direction.HIGHER) else Verdict.WORSE


def _exact(name: str, pair: Pair, limit: float) -> tuple[str, float] | None:
    """The test that a measure has beside its interval."""
    if name == "accuracy":
        return "exact McNemar", mcnemar(
            _right(pair, pair.old, limit), _right(pair, pair.new, limit)
        )
    if name == "mae":
        return "paired permutation", regress.permutation(pair.label, pair.old, pair.new)
    return None


def _right(pair: Pair, predicted: Array, limit: float) -> NDArray[np.bool_]:
    import numpy as np

    if pair.task is Task.CLASSES:
        return np.asarray(pair.label == predicted)
    return classify.is_right(pair.label, predicted, limit)


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
