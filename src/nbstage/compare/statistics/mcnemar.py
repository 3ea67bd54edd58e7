"""Which of two classifiers is right more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def mcnemar(old: NDArray[np.bool_], new: NDArray[np.bool_]) -> float:
    """The exact p-value that both are right equally often (McNemar, 1947): of the rows where just
    one of them is right, each is it half of the times. The arrays say for each row who is.
    """
    from scipy.stats import binomtest

    only_old, only_new = int((old & ~new).sum()), int((new & ~old).sum())
    if not only_old + only_new:
        return 1.0
    return float(binomtest(only_old, only_old + only_new, 0.5).pvalue)
