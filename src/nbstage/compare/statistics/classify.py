"""Measures of scores against labels of two classes, for many resamples at a time.

A resample is a row of counts: how often each row of the table was drawn. The scores are sorted once
and not for each resample, which makes two thousand of them as cheap as a few.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nbstage.compare.statistics.resample import Array, Measured

MEASURES = ("roc_auc", "average_precision", "accuracy", "brier", "log_loss")
#: What a score of 0.5 stands for where nobody said otherwise.
THRESHOLD = 0.5
_SMALLEST = 2.220446049250313e-16  # as scikit-learn's log_loss, which clips by the type's epsilon


def measures_for(old: Array, new: Array, threshold: float | None) -> tuple[str, ...]:
    """The measures that both sets of scores have: only probabilities have a log loss, and others
    have an accuracy only where a threshold is given.
    """
    probable = all(((scores >= 0) & (scores <= 1)).all() for scores in (old, new))
    if probable:
        return MEASURES
    return MEASURES[:2] if threshold is None else MEASURES[:3]


def measure_scores(
    label: Array, score: Array, *, threshold: float, names: tuple[str, ...]
) -> Measured:
    """Give what makes a value for each of the measures `names` and each row of counts.

    `label` is 1 or 0. A measure that a resample doesn't define, as there is no positive or no
    negative row in it, is NaN.
    """
    import numpy as np

    ranked = _ranked(label, score)
    by_row = _by_row(label, score, threshold)

    def measure(counts: Array) -> Array:
        rows = counts.sum(axis=1)
        sides = ranked(counts) if set(names) & _RANKED.keys() else ()
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.stack(
                [
                    _RANKED[name](*sides) if name in _RANKED else counts @ by_row[name] / rows
                    for name in names
                ]
            )

    return measure


def _ranked(label: Array, score: Array) -> Callable[[Array], tuple[Array, Array]]:
    """Give what makes two tables of each row of counts: how many positive and negative rows were
    drawn with each score, in ascending order.
    """
    import numpy as np

    order = np.argsort(score, kind="stable")
    truth, ranked = label[order], score[order]
    starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])

    def sides(counts: Array) -> tuple[Array, Array]:
        drawn = counts[:, order]
        positive = np.add.reduceat(drawn * truth, starts, axis=1)
        return positive, np.add.reduceat(drawn, starts, axis=1) - positive

    return sides


def _by_row(label: Array, score: Array, threshold: float) -> dict[str, Array]:
    """What is a mean over the rows: right or wrong, squared error, surprise."""
    import numpy as np

    inside = np.clip(score, _SMALLEST, 1 - _SMALLEST)
    return {
        "accuracy": is_right(label, score, threshold).astype(float),
        "brier": (score - label) ** 2,
        "log_loss": -np.log(np.where(label == 1, inside, 1 - inside)),
    }


def is_right(label: Array, score: Array, threshold: float) -> NDArray[np.bool_]:
    """Whether a score stands for the class that the row has."""
    right: NDArray[np.bool_] = (score >= threshold) == (label == 1)
    return right


def _auc(positive: Array, negative: Array) -> Array:
    """The share of pairs in which the positive row has the higher score; ties count half.

    Both have a column for each score, in ascending order (Mann and Whitney, 1947).
    """
    import numpy as np

    below = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    won: Array = (positive * (below + negative / 2)).sum(axis=1) / pairs
    return won


def _precision(positive: Array, negative: Array) -> Array:
    """The mean precision over the positive rows, taken at each score, the highest first."""
    import numpy as np

    found = np.cumsum(positive[:, ::-1], axis=1)
    chosen = found + np.cumsum(negative[:, ::-1], axis=1)
    precision = np.divide(found, chosen, out=np.zeros_like(found), where=chosen > 0)
    mean: Array = (positive[:, ::-1] * precision).sum(axis=1) / positive.sum(axis=1)
    return mean


_RANKED = {"roc_auc": _auc, "average_precision": _precision}
