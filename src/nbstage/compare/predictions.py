"""The predictions of two versions for the same rows -> better, worse, or no evidence of either."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from nbstage.compare.difference import better_or_worse, differences, measures_of
from nbstage.compare.files import file_of, reason
from nbstage.compare.locked import maker_of, makers
from nbstage.compare.nouns import Predictions, Side, Slice, Verdict
from nbstage.compare.pair import Pair, Task, make_pair, parts_of, rarer_of
from nbstage.compare.statistics.holm import holm
from nbstage.compare.statistics.resample import resamples
from nbstage.compare.table import Scored, Unusable, read_scored
from nbstage.policy import Predicted

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
    if not said.path and not maker_of(new.locked, path):
        return replace(whole, failure=f"no stage writes '{path}' any more")
    if not maker_of(old.locked, path):
        failure, absent = _absent(old, before)
        return replace(whole, failure=failure, absent=absent)
    missing = [name for name in ("scipy", "pandas") if importlib.util.find_spec(name) is None]
    if missing:
        hint = "pip install 'nbstage[report]'"
        return replace(whole, failure=f"{' and '.join(missing)} not installed ({hint})")
    try:
        # The baseline's slices are those that its own settings name.
        was = replace(said, slices=before.slices)
        pair = make_pair(_scored(old, path, was), _scored(new, path, said), said)
    except Unusable as error:
        return replace(whole, failure=str(error))
    return _judged(whole, pair, primary, said.threshold)


def _absent(old: Side, before: Predicted) -> tuple[str, bool]:
    """Why the baseline hasn't got the predictions: it has none, or they are elsewhere."""
    elsewhere = predictions_path(before, (old,))
    if elsewhere and maker_of(old.locked, elsewhere):
        return f"the baseline's predictions are in '{elsewhere}'", False
    return "the baseline has no such predictions yet", True


def _scored(side: Side, path: str, said: Predicted) -> Scored:
    try:
        return read_scored(file_of(side, path), path, said, side.name)
    except OSError as error:
        why = side.missing.get(path) or reason(error)
        raise Unusable(f"'{path}' of {side.name} can't be read: {why}") from None


def _judged(whole: Predictions, pair: Pair, primary: str, threshold: float | None) -> Predictions:
    rows, rarer = len(pair.label), rarer_of(pair)
    told = replace(
        whole,
        task="regression" if pair.task is Task.NUMBERS else "classification",
        rows=rows,
        rarer=rarer,
        resamples=resamples(rows),
        warnings=pair.warnings,
        same_rows=pair.same_rows,
        slices_changed=pair.slices_changed,
    )
    if _too_few(rows, rarer):
        return replace(told, failure=f"only {_count(rows, rarer)}: too few to tell anything")
    if rows < FEW_ROWS or (rarer or rows) < FEW_OF_CLASS:
        few = f"only {_count(rows, rarer)}: just large differences can be shown"
        told = replace(told, warnings=(*told.warnings, few))
    names = measures_of(pair, threshold)
    found = tuple(differences(pair, names, threshold, told.confidence))
    deciding = _deciding(primary, names)
    if primary and deciding != primary.rpartition(".")[2]:
        said = f"'{primary}' can't be taken from predictions ({', '.join(names)} can)"
        told = replace(told, warnings=(*told.warnings, f"{said}: '{deciding}' decides"))
    slices = tuple(_slices(pair, deciding, threshold, told.confidence))
    return replace(told, primary=deciding, differences=found, slices=slices)


def _deciding(primary: str, names: tuple[str, ...]) -> str:
    last = primary.rpartition(".")[2]
    return last if last in names else names[0]


def _too_few(rows: int, rarer: int | None) -> bool:
    return rows < FEWEST_ROWS or (rarer is not None and rarer < FEWEST_OF_CLASS)


def _count(rows: int, rarer: int | None) -> str:
    return f"{rows:,} rows" + ("" if rarer is None else f", {rarer:,} of the rarer class")


def _slices(
    pair: Pair, measure: str, threshold: float | None, confidence: float
) -> Iterator[Slice]:
    """The deciding measure in each slice; verdicts by p-values adjusted for all of them. Columns
    that the baseline hasn't got are a family of their own, so that they take no power from others.
    """
    for new in (False, True):
        columns = [name for name in pair.slices.columns if (name not in pair.known) == new]
        found = [
            _slice(part, named, measure, threshold, confidence)
            for part, named in islice(parts_of(pair, columns), _MOST_SLICES)
        ]
        adjusted = iter(holm([one.found.p for one in found if one.found]))
        for one in found:
            yield _adjust(one, next(adjusted), confidence) if one.found else one


def _slice(
    part: Pair,
    named: tuple[str, str],
    measure: str,
    threshold: float | None,
    confidence: float,
) -> Slice:
    rows, rarer = len(part.label), rarer_of(part)
    if _too_few(rows, rarer):
        return Slice(*named, rows, None, why="too few rows")
    return Slice(*named, rows, next(differences(part, (measure,), threshold, confidence)))


def _adjust(one: Slice, p: float, confidence: float) -> Slice:
    if one.found is None:
        return one
    shown = p < 1 - confidence
    verdict = (
        better_or_worse(one.found.change, one.found.direction) if shown else Verdict.NO_EVIDENCE
    )
    return replace(one, adjusted=p, found=replace(one.found, verdict=verdict))
