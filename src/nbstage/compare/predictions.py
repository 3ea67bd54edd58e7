"""The predictions of two versions for the same rows -> better, worse, or no evidence of either."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbstage.compare.directions import direction_of
from nbstage.compare.files import file_of, reason
from nbstage.compare.locked import makers
from nbstage.compare.nouns import Difference, Predictions, Side, Slice, Verdict
from nbstage.compare.table import Scored, Unusable, read_scored
from nbstage.policy import Direction, Predicted

if TYPE_CHECKING:
    import pandas as pd

    from nbstage.compare.statistics.resample import Array, Interval

FEW_ROWS, FEW_OF_CLASS = 200, 30  # below: told that only large differences can be shown
FEWEST_ROWS, FEWEST_OF_CLASS = 10, 5  # below: nothing is said
_MOST_SLICES = 60
_FOLDER = "predictions/"
_UNSAID = Predicted()


def predictions_path(said: Predicted, sides: tuple[Side, ...]) -> str:
    """The table of predictions: as the settings say, else the one table in predictions/ that a
    stage writes; "" if there is none, or more than one.
    """
    if said.path:
        return said.path
    made = {path for side in sides for path in makers(side.locked)}
    tables = [path for path in made if path.startswith(_FOLDER)]
    found = [path for path in tables if path.endswith((".csv", ".tsv", ".parquet"))]
    return found[0] if len(found) == 1 else ""


def compare_predictions(
    old: Side | None,
    new: Side,
    said: Predicted,
    *,
    primary: str,
    confidence: float,
    before: Predicted = _UNSAID,
) -> Predictions | None:
    """What both versions' predictions show; None where no table of predictions is known.

    `primary` is the measure that decides, "" for the usual one; `before` is what the baseline's
    settings say.
    """
    path = predictions_path(said, tuple(side for side in (old, new) if side))
    if not path:
        return None
    whole = Predictions(path, confidence=confidence)
    if old is None:
        return replace(whole, failure="there is no baseline", absent=True)
    if not said.path and path not in makers(new.locked):
        return replace(whole, failure=f"no stage writes '{path}' any more")
    if path not in makers(old.locked):
        failure, absent = _absent(old, before)
        return replace(whole, failure=failure, absent=absent)
    missing = [name for name in ("scipy", "pandas") if importlib.util.find_spec(name) is None]
    if missing:
        hint = "pip install 'nbstage[report]'"
        return replace(whole, failure=f"{' and '.join(missing)} not installed ({hint})")
    try:
        pair = _pair(_scored(old, path, said), _scored(new, path, said), said)
    except Unusable as error:
        return replace(whole, failure=str(error))
    return _judged(whole, pair, primary, said.threshold)


def _absent(old: Side, before: Predicted) -> tuple[str, bool]:
    """Why the baseline hasn't got the predictions: it has none, or they are elsewhere."""
    elsewhere = predictions_path(before, (old,))
    if elsewhere in makers(old.locked):
        return f"the baseline's predictions are in '{elsewhere}'", False
    return "the baseline has no such predictions yet", True


def _scored(side: Side, path: str, said: Predicted) -> Scored:
    try:
        return read_scored(file_of(side, path), path, said, side.name)
    except OSError as error:
        why = side.missing.get(path) or reason(error)
        raise Unusable(f"'{path}' of {side.name} can't be read: {why}") from None


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both versions' scores for the rows that both have, and the labels as they are now."""

    classes: bool
    label: Array
    old: Array
    new: Array
    slices: pd.DataFrame
    warnings: tuple[str, ...]
    same_rows: bool


def _pair(old: Scored, new: Scored, said: Predicted) -> _Pair:
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
    return _Pair(classes, label, before, now, new.slices.loc[shared], tuple(warnings), same)


def _plain(label: pd.Series) -> pd.Series:
    """Labels as they can be compared: 1 and 1.0 are the same, as two files may write it."""
    from pandas.api import types

    return (label.astype(float) if types.is_numeric_dtype(label) else label).astype(str)


def _labels(label: pd.Series, said: Predicted) -> tuple[bool, Array]:
    """Whether there are two classes, and the labels as numbers: 1 for the positive class."""
    import numpy as np
    import pandas as pd

    values = sorted(label.unique().tolist(), key=str)
    numeric = pd.api.types.is_numeric_dtype(label)
    two = said.task == "classification" or (said.task != "regression" and len(values) <= 2)
    if not two:
        if not numeric:
            raise Unusable(
                f"the labels are {len(values)} texts: scores can be compared for two classes, or "
                "for numbers"
            )
        return False, label.to_numpy(dtype=float)
    positive = said.positive
    if positive is None:
        if not numeric:
            listed = " and ".join(f"'{value}'" for value in values[:3])
            raise Unusable(
                f'the labels are {listed}: [tool.nbstage.report] positive = "..." says which of '
                "them a high score stands for"
            )
        positive = 1 if 1 in values else max(values)
    if positive not in values and str(positive) not in map(str, values):
        raise Unusable(f"no row has the label '{positive}', the positive one")
    truth = label.astype(str) == _same_text(positive, values)
    return True, np.asarray(truth, dtype=np.float64)


def _same_text(positive: object, values: list[object]) -> str:
    """The positive label as the column writes it: 1 is 1.0 in a column of floats."""
    return next((str(value) for value in values if value == positive), str(positive))


def _judged(whole: Predictions, pair: _Pair, primary: str, threshold: float | None) -> Predictions:
    from nbstage.compare.statistics.resample import resamples

    rows, rarer = len(pair.label), _rarer(pair)
    told = replace(
        whole,
        task="classification" if pair.classes else "regression",
        rows=rows,
        rarer=rarer,
        resamples=resamples(rows),
        warnings=pair.warnings,
        same_rows=pair.same_rows,
    )
    if _too_few(rows, rarer):
        return replace(told, failure=f"only {_count(rows, rarer)}: too few to tell anything")
    if rows < FEW_ROWS or (rarer or rows) < FEW_OF_CLASS:
        few = f"only {_count(rows, rarer)}: just large differences can be shown"
        told = replace(told, warnings=(*told.warnings, few))
    names = _measures(pair, threshold)
    found = tuple(_differences(pair, names, threshold, told.confidence))
    deciding = _deciding(primary, names)
    if primary and deciding != primary.rpartition(".")[2]:
        said = f"'{primary}' can't be taken from predictions ({', '.join(names)} can)"
        told = replace(told, warnings=(*told.warnings, f"{said}: '{deciding}' decides"))
    slices = tuple(_slices(pair, deciding, threshold, told.confidence))
    return replace(told, primary=deciding, differences=found, slices=slices)


def _deciding(primary: str, names: tuple[str, ...]) -> str:
    last = primary.rpartition(".")[2]
    return last if last in names else names[0]


def _rarer(pair: _Pair) -> int | None:
    if not pair.classes:
        return None
    positive = int(pair.label.sum())
    return min(positive, len(pair.label) - positive)


def _too_few(rows: int, rarer: int | None) -> bool:
    return rows < FEWEST_ROWS or (rarer is not None and rarer < FEWEST_OF_CLASS)


def _count(rows: int, rarer: int | None) -> str:
    return f"{rows:,} rows" + ("" if rarer is None else f", {rarer:,} of the rarer class")


def _measures(pair: _Pair, threshold: float | None) -> tuple[str, ...]:
    from nbstage.compare.statistics import classify, regress

    if not pair.classes:
        return regress.MEASURES
    return classify.measures_for(pair.old, pair.new, threshold)


def _differences(
    pair: _Pair, names: tuple[str, ...], threshold: float | None, confidence: float
) -> Iterator[Difference]:
    from nbstage.compare.statistics.classify import THRESHOLD, measure_scores
    from nbstage.compare.statistics.regress import measure_numbers
    from nbstage.compare.statistics.resample import paired_intervals

    limit = THRESHOLD if threshold is None else threshold
    old, new = (
        measure_scores(pair.label, score, threshold=limit, names=names)
        if pair.classes
        else measure_numbers(pair.label, score, names=names)
        for score in (pair.old, pair.new)
    )
    found = paired_intervals(old, new, len(pair.label), confidence)
    for name, interval in zip(names, found, strict=True):
        yield _difference(name, interval, confidence, _exact(name, pair, limit))


def _exact(name: str, pair: _Pair, threshold: float) -> tuple[str, float] | None:
    """The test that a measure has beside its interval."""
    from nbstage.compare.statistics import classify, regress

    if name == "accuracy":
        p = classify.mcnemar(pair.label, pair.old, pair.new, threshold=threshold)
        return "exact McNemar", p
    if name == "mae":
        return "paired permutation", regress.permutation(pair.label, pair.old, pair.new)
    return None


def _difference(
    name: str, found: Interval, confidence: float, exact: tuple[str, float] | None
) -> Difference:
    way = direction_of(name)
    test, p = exact or ("paired bootstrap", found.p)
    if found.low != found.low:
        verdict = Verdict.UNKNOWN
    elif exact is None:
        verdict = _verdict(found.change, way) if _leaves_out_zero(found) else Verdict.NO_EVIDENCE
    else:
        verdict = _verdict(found.change, way) if p < 1 - confidence else Verdict.NO_EVIDENCE
    return Difference(name, way, found.old, found.new, found.low, found.high, p, test, verdict)


def _leaves_out_zero(found: Interval) -> bool:
    return found.low > 0 or found.high < 0


def _verdict(change: float, way: Direction) -> Verdict:
    up = (change > 0) == (way is Direction.HIGHER)
    return Verdict.BETTER if up else Verdict.WORSE


def _slices(
    pair: _Pair, measure: str, threshold: float | None, confidence: float
) -> Iterator[Slice]:
    """The deciding measure in each slice; verdicts by p-values adjusted for all of them."""
    from nbstage.compare.statistics.holm import holm

    found: list[Slice] = []
    for column in pair.slices.columns:
        values = pair.slices[column].astype(str)
        for value in sorted(values.unique()):
            inside = (values == value).to_numpy()
            found.append(_slice(pair, inside, (str(column), value), measure, threshold, confidence))
    judged = [one for one in found[:_MOST_SLICES] if one.found]
    adjusted = iter(holm([one.found.p for one in judged if one.found]))
    for one in found[:_MOST_SLICES]:
        yield _adjust(one, next(adjusted), confidence) if one.found else one


def _slice(
    pair: _Pair,
    inside: Array,
    named: tuple[str, str],
    measure: str,
    threshold: float | None,
    confidence: float,
) -> Slice:
    part = replace(
        pair,
        label=pair.label[inside],
        old=pair.old[inside],
        new=pair.new[inside],
        slices=pair.slices[inside],
    )
    rows, rarer = len(part.label), _rarer(part)
    if _too_few(rows, rarer):
        return Slice(*named, rows, None, why="too few rows")
    return Slice(*named, rows, next(_differences(part, (measure,), threshold, confidence)))


def _adjust(one: Slice, p: float, confidence: float) -> Slice:
    if one.found is None:
        return one
    shown = p < 1 - confidence
    verdict = _verdict(one.found.change, one.found.direction) if shown else Verdict.NO_EVIDENCE
    return replace(one, adjusted=p, found=replace(one.found, verdict=verdict))
