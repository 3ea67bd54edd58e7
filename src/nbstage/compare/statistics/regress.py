"""Measures of predicted numbers against true ones, for many resamples at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbstage.compare.statistics.resample import Array, Measured

MEASURES = ("mae", "rmse", "r2")
_PERMUTATIONS, _SEED, _CELLS = 9999, 0, 2_000_000


def measure_numbers(label: Array, predicted: Array, *, names: tuple[str, ...]) -> Measured:
    """Give what makes a value for each of the measures `names` and each row of counts, as
    `classify` does. R squared is NaN where all labels of a resample are the same.
    """
    import numpy as np

    middle = label - label.mean()
    error = predicted - label
    by_row = np.stack([np.abs(error), error**2, middle, middle**2], axis=1)

    def measure(counts: Array) -> Array:
        absolute, squared, mean, spread = ((counts @ by_row) / counts.sum(axis=1, keepdims=True)).T
        variance = spread - mean**2
        with np.errstate(invalid="ignore", divide="ignore"):
            explained = np.where(variance > 1e-12 * spread, 1 - squared / variance, np.nan)
        found = {"mae": absolute, "rmse": np.sqrt(squared), "r2": explained}
        return np.stack([found[name] for name in names])

    return measure


def permutation(label: Array, old: Array, new: Array) -> float:
    """The p-value that the absolute errors of both are alike: how often the mean difference is as
    large if the two errors of each row change places at random.
    """
    import numpy as np
    from scipy.stats import permutation_test

    errors = np.abs(old - label), np.abs(new - label)
    if np.array_equal(*errors):
        return 1.0
    done = permutation_test(
        errors,
        lambda one, other, axis: np.mean(one - other, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        batch=max(1, _CELLS // len(label)),
        random_state=np.random.default_rng(_SEED),
    )
    return float(done.pvalue)
