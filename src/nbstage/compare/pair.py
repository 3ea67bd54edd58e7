"""Two tables of predictions -> the rows that both have, ready to be compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from nbstage.compare.table import Scored, Unusable, numbers
from nbstage.policy import Predicted

if TYPE_CHECKING:
    import pandas as pd

    from nbstage.compare.statistics.resample import Array

    Columns: TypeAlias = tuple[Array, Array, Array]

_MOST_CLASSES = 1000


class Task(Enum):
    """What predictions are: scores of two classes, names of any number of classes, or numbers."""

    SCORES = "scores"
    CLASSES = "classes"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both versions' predictions for the rows that both have, and the labels as they are now.

    Labels of scores are 0 and 1; of classes, labels and predictions are numbers below `classes`.
    `known` are the columns of `slices` that the baseline has, and `slices_changed` says which of
    its own are gone or have other values: they may hide where a version is worse.
    """

    task: Task
    label: Array
    old: Array
    new: Array
    slices: pd.DataFrame
    warnings: tuple[str, ...]
    same_rows: bool
    classes: int = 0
    known: tuple[str, ...] = ()
    slices_changed: str = ""


def parts_of(pair: Pair, columns: Iterable[str]) -> Iterator[tuple[Pair, tuple[str, str]]]:
    """The part of each value in these columns of slices, with the column and the value."""
    for column in columns:
        values = pair.slices[column].astype(str)
        for value in sorted(values.unique()):
            yield _part(pair, (values == value).to_numpy()), (str(column), value)


def _part(pair: Pair, inside: Array) -> Pair:
    return replace(
        pair,
        label=pair.label[inside],
        old=pair.old[inside],
        new=pair.new[inside],
        slices=pair.slices[inside],
    )


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
    scores = [replace(one, score=one.score.loc[shared]) for one in (old, new)]
    task = _task(labels, scores, said)
    same = not (gone or added or relabelled)
    (label, before, now), classes = _columns(task, labels, scores, said)
    slices = new.slices.loc[shared]
    known = tuple(name for name in slices.columns if name in old.slices.columns)
    changed = ", ".join(_changed_slices(old.slices.loc[shared], slices))
    if changed:
        warnings.append(f"the slices are not the baseline's: {changed}")
    told = tuple(warnings)
    return Pair(task, label, before, now, slices, told, same, classes, known, changed)


def _changed_slices(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[str]:
    """What became of the baseline's columns for slices."""
    for name in old.columns:
        if name not in new.columns:
            yield f"column '{name}' makes none any more"
        elif count := int((_plain(old[name]) != _plain(new[name])).sum()):
            yield f"{count:,} rows have another '{name}'"


def _plain(label: pd.Series) -> pd.Series:
    """Labels as they can be compared: 1 and 1.0 are the same, as two files may write it."""
    from pandas.api import types

    return (label.astype(float) if types.is_numeric_dtype(label) else label).astype(str)


def _task(label: pd.Series, scores: list[Scored], said: Predicted) -> Task:
    """What the predictions are, by the settings, the labels, and what is predicted for them."""
    from pandas.api import types

    numeric = types.is_numeric_dtype(label)
    if said.task == "regression" or (not said.task and numeric and label.nunique() > 2):
        return Task.NUMBERS
    named = any(not types.is_numeric_dtype(one.score) for one in scores)
    return Task.CLASSES if label.nunique() > 2 or named else Task.SCORES


def _columns(
    task: Task, label: pd.Series, scores: list[Scored], said: Predicted
) -> tuple[Columns, int]:
    """Labels, old and new predictions as numbers, and how many classes there are."""
    if task is Task.CLASSES:
        return _coded(label, scores)
    old, new = (numbers(one.score, one.named).to_numpy(dtype=float) for one in scores)
    if task is Task.NUMBERS:
        return (numbers(label, "the labels").to_numpy(dtype=float), old, new), 0
    return (_truth(label, said), old, new), 2


def _coded(label: pd.Series, scores: list[Scored]) -> tuple[Columns, int]:
    """The names of classes as numbers, the same for all columns."""
    import numpy as np

    for one in scores:
        if one.score.isna().any():
            raise Unusable(f"{one.named} has {int(one.score.isna().sum()):,} rows without a class")
    columns = [_plain(column).to_numpy() for column in (label, *(one.score for one in scores))]
    names, codes = np.unique(np.concatenate(columns), return_inverse=True)
    if len(names) > _MOST_CLASSES:
        raise Unusable(
            f"the labels and predictions have {len(names):,} names: more than {_MOST_CLASSES} "
            "classes are not compared"
        )
    known = np.isin(columns[1], columns[0]).any() or np.isin(columns[2], columns[0]).any()
    if not known:
        raise Unusable(
            f"{scores[1].named} has none of the labels' {len(set(columns[0].tolist()))} names: for "
            "more than two classes, predictions are the names of classes"
        )
    truth, old, new = codes.astype(np.float64).reshape(3, -1)
    return (truth, old, new), len(names)


def _truth(label: pd.Series, said: Predicted) -> Array:
    """The labels of two classes as numbers: 1 for the positive class."""
    import numpy as np
    from pandas.api import types

    values = sorted(label.unique().tolist(), key=str)
    positive = _positive(values, said.positive, numeric=types.is_numeric_dtype(label))
    return np.asarray(label.astype(str) == positive, dtype=np.float64)


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
    """How many rows the rarer of two classes has; None for all else."""
    if pair.task is not Task.SCORES:
        return None
    positive = int(pair.label.sum())
    return min(positive, len(pair.label) - positive)
