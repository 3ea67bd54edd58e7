"""Measures of predicted classes, any number of them, for many resamples at a time.

Classes are numbers from 0 on, the same for labels and predictions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbstage.compare.statistics.resample import Array, Measured

MEASURES = ("accuracy", "balanced_accuracy", "f1_macro")


def measure_classes(
    label: Array, predicted: Array, *, classes: int, names: tuple[str, ...]
) -> Measured:
    """Give what makes a value for each of the measures `names` and each row of counts, as
    `classify` does. As in scikit-learn, the balanced accuracy is the mean recall of the classes
    that have a row, and F1 is the mean over the classes that are true or predicted for one.
    """
    import numpy as np
    from scipy.sparse import csr_array

    rows = np.arange(len(label))
    ones, shape = np.ones(len(label)), (len(label), classes)
    true = csr_array((ones, (rows, label.astype(int))), shape=shape).T
    said = csr_array((ones, (rows, predicted.astype(int))), shape=shape).T
    right = csr_array(
        ((label == predicted).astype(float), (rows, label.astype(int))), shape=shape
    ).T

    def measure(counts: Array) -> Array:
        drawn = counts.T
        hits, trues, saids = right @ drawn, true @ drawn, said @ drawn
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "accuracy": hits.sum(axis=0) / counts.sum(axis=1),
                "balanced_accuracy": np.nanmean(hits / trues, axis=0),
                "f1_macro": np.nanmean(2 * hits / (trues + saids), axis=0),
            }
        return np.stack([found[name] for name in names])

    return measure
