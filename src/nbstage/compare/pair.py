"""Two tables of predictions -> the rows that both have, ready to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbstage.compare.table import Scored, Unusable
from nbstage.policy import Predicted

if TYPE_CHECKING:
    import pandas as pd

    from nbstage.compare.statistics.resample import Array


@dataclass(frozen=True, slots=True)
class Pair:
    """Both versions' scores for the rows that both have, and the labels as they are now."""

    classes: bool
    label: Array
    old: Array
    new: Array
    slices: pd.DataFrame
    warnings: tuple[str, ...]
    same_rows: bool


def make_pair(old: Scored, new: Scored, said: Predicted) -> Pair:
    """The shared rows of two tables, and warnings where their test sets differ.

    Raises Unusable where there is nothing that could be compared.
    """
    shared = new.label.index[new.label.index.isin(old.label.index)]
    warnings = []
    gone, added = len(old.label) - len(shared), len(new.label) - len(shared)
    if not len(shared):
        raise Unusable("the test sets have no row in common: there is nothing to compare fairly")
    if gone or added:
        warnings.append(
            f"the test sets differ: {gone:,} rows are gone, {added:,} are new. Compared are the "
            f"{len(shared):,} rows that both have"
        )
    labels = new.label.loc[shared]
    relabelled = int((_plain(old.label.loc[shared]) != _plain(labels)).sum())
    if relabelled:
        warnings.append(
            f"LABELS CHANGED: {relabelled:,} of {len(shared):,} rows have another label than in "
            "the baseline. Both versions are judged by the new labels; the numbers in the "
            "baseline's metrics were made with the old ones"
        )
    classes, label = _labels(labels, said)
    before, now = (scored.score.loc[shared].to_numpy(dtype=float) for scored in (old, new))
    same = not (gone or added or relabelled)
    return Pair(classes, label, before, now, new.slices.loc[shared], tuple(warnings), same)


def _plain(label: pd.Series) -> pd.Series:
    """Labels as they can be compared: 1 and 1.0 are the same, as two files may write it."""
    from pandas.api import types

    return (label.astype(float) if types.is_numeric_dtype(label) else label).astype(str)


def _labels(label: pd.Series, said: Predicted) -> tuple[bool, Array]:
    """Whether there are two classes, and the labels as numbers: 1 for the positive class."""
    import numpy as np
    from pandas.api import types

    values = sorted(label.unique().tolist(), key=str)
    numeric = types.is_numeric_dtype(label)
    if said.task == "classification" or (said.task != "regression" and len(values) <= 2):
        truth = label.astype(str) == _positive(values, said.positive, numeric=numeric)
        return True, np.asarray(truth, dtype=np.float64)
    if not numeric:
        raise Unusable(
            f"the labels are {len(values)} texts: scores can be compared for two classes, or for "
            "numbers"
        )
    return False, label.to_numpy(dtype=float)


def _positive(values: list[float] | list[str], said: object, *, numeric: bool) -> str:
    """The positive label as text of its column: 1, the greater number, or what the settings say."""
    if said is None and not numeric:
        listed = " and ".join(f"'{value}'" for value in values[:3])
        raise Unusable(
            f'the labels are {listed}: [tool.nbstage.report] positive = "..." says which of them '
            "a high score stands for"
        )
    wanted = said if said is not None else 1 if 1 in values else max(values)
    found = next((str(one) for one in values if wanted in (one, str(one))), None)
    if found is None:
        raise Unusable(f"no row has the label '{wanted}', the positive one")
    return found


def rarer_of(pair: Pair) -> int | None:
    """How many rows the rarer class has; None for numbers."""
    if not pair.classes:
        return None
    positive = int(pair.label.sum())
    return min(positive, len(pair.label) - positive)
