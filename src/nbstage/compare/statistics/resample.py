"""The paired bootstrap: both versions are judged by the same rows, drawn with replacement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from warnings import catch_warnings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    #: Rows of counts (resamples x rows) -> values (measures x resamples).
    Measured: TypeAlias = Callable[[Array], Array]

RESAMPLES, FEWEST_RESAMPLES = 2000, 500
_SEED = 0
_WORK = 200_000_000  # rows drawn in all; tables beyond 100,000 rows get fewer resamples
_CELLS = 2_000_000  # counts held at a time


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure of the old and the new predictions, their difference (new - old) with its
    percentile interval, and the p-value that this interval implies, or where no resample has
    another sign, a normal distribution of them. NaN where not defined.
    """

    old: float
    new: float
    low: float
    high: float
    p: float

    @property
    def change(self) -> float:
        return self.new - self.old


def paired_intervals(
    old: Measured, new: Measured, rows: int, confidence: float
) -> tuple[Interval, ...]:
    """The difference of each measure with its interval. The seed is fixed: the same predictions
    give the same interval. Efron and Tibshirani, An Introduction to the Bootstrap (1993), 13, 15.
    """
    import numpy as np
    from scipy.stats import bootstrap

    def differences(drawn: NDArray[np.int64], axis: int) -> Array:
        counts = _counts(np.atleast_2d(drawn), rows)
        found = new(counts) - old(counts)
        return found if drawn.ndim > 1 else found[:, 0]

    # scipy warns of resamples that tell nothing; they are left out below.
    with np.errstate(invalid="ignore"), catch_warnings(action="ignore", category=RuntimeWarning):
        done = bootstrap(
            (np.arange(rows),),
            differences,
            vectorized=True,
            axis=-1,
            method="percentile",
            n_resamples=resamples(rows),
            batch=max(1, _CELLS // rows),
            random_state=np.random.default_rng(_SEED),
        )
    once = np.ones((1, rows))
    values = zip(old(once)[:, 0], new(once)[:, 0], done.bootstrap_distribution, strict=True)
    return tuple(_interval(*value, confidence=confidence) for value in values)


def resamples(rows: int) -> int:
    """How many resamples are drawn from a table of so many rows."""
    return max(FEWEST_RESAMPLES, min(RESAMPLES, _WORK // rows))


def _counts(drawn: NDArray[np.int64], rows: int) -> Array:
    import numpy as np

    many = len(drawn)
    flat = drawn + rows * np.arange(many)[:, None]
    return np.bincount(flat.ravel(), minlength=many * rows).reshape(many, rows).astype(float)


def _interval(old: float, new: float, drawn: Array, *, confidence: float) -> Interval:
    """Resamples for which the measure isn't defined tell nothing: they are left out."""
    import numpy as np
    from scipy.stats import norm

    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return Interval(float(old), float(new), np.nan, np.nan, np.nan)
    tail = (1 - confidence) / 2
    low, high = np.quantile(known, [tail, 1 - tail])
    sides = (known <= 0).sum(), (known >= 0).sum()
    p = min(1.0, 2 * (1 + int(min(sides))) / (1 + len(known)))
    if not min(sides):
        # Less than so many resamples can tell, which counts where p is corrected for many slices.
        with np.errstate(divide="ignore"):
            p = min(p, 2 * float(norm.sf(abs(new - old) / known.std())))
    return Interval(float(old), float(new), float(low), float(high), p)
