"""Whether a bundle predicts as its pipeline does, and what its rows look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbstage.bundle.estimator import can_predict, columns_for
from nbstage.bundle.judges import (
    MANY,
    Case,
    judge_kept,
    judge_model,
    judge_pieces,
    judge_predictions,
    judge_run,
    judge_stored,
    spread,
)
from nbstage.bundle.load import load_values
from nbstage.bundle.nouns import Bundle
from nbstage.bundle.probes import describe
from nbstage.bundle.safer import made_safer
from nbstage.bundle.schema import output_of
from nbstage.bundle.steps import importable, open_stages
from nbstage.bundle.trial import Failed, differs, parts_of, run_all
from nbstage.policy import Predicted
from nbstage.runtime import StageError, load

#: So many rows are looked at where each column is left out once.
FEW = 40
# All of them are heard, so that everything is told at once.
_JUDGES = {
    "rows alone and together": (judge_model, judge_pieces, judge_kept),
    "against what the pipeline stored": (judge_stored, judge_predictions),
}

Say = Callable[[str], None]
Proven = tuple[Bundle, tuple[str, ...]]


def prove(
    bundle: Bundle,
    root: Path,
    table: str,
    wanted: tuple[str, ...],
    say: Say,
    predicted: Predicted | None = None,
) -> Proven:
    """The bundle with its columns, outputs and examples, and all that speaks against it.

    `root` is where the pipeline has stored what it made, `table` the artifact that rows stand in
    for, `wanted` its columns if these were told. With `predicted` the path has to give what the
    pipeline's table of predictions holds.
    """
    say("importing the stages of the path")
    importable(bundle.folder)
    bundle = made_safer(bundle, load_values(bundle, allow_pickle=True))
    values = load_values(bundle, allow_pickle=True)
    if bundle.estimator and not can_predict(values[bundle.estimator]):
        kind = type(values[bundle.estimator]).__name__
        return bundle, (f"the model '{bundle.estimator}' is a {kind}, which can't `predict`",)
    rows = _table(root, table, wanted)
    if isinstance(rows, str):
        return bundle, (rows,)
    parts = parts_of(bundle, open_stages(bundle.folder, bundle.steps, values))
    return _proven(Case(bundle, root, parts, values, rows, spread(rows, MANY), predicted), say)


def _proven(case: Case, say: Say) -> Proven:
    faults = [*judge_run(case)]
    if faults:
        return case.bundle, tuple(faults)
    for doing, judges in _JUDGES.items():
        say(doing)
        faults += [fault for judge in judges for fault in judge(case)]
    return (case.bundle, tuple(faults)) if faults else _described(case, say)


def _described(case: Case, say: Say) -> Proven:
    say("which columns are needed")
    needed = _needed(case)
    say("which values are taken")
    known = describe(case.parts, case.table[needed])
    given = run_all(case.parts, case.sample[needed])
    passed: tuple[str, ...] = ()
    if case.bundle.estimator:
        entering = run_all(case.parts[:-1], case.sample[needed])
        passed = columns_for(case.values[case.bundle.estimator], entering)
    return replace(
        case.bundle,
        columns=known.columns,
        outputs=tuple(output_of(name, given[name]) for name in given.columns),
        passed=passed,
        examples=known.examples,
        expected=known.expected,
        notes=(*case.bundle.notes, *known.notes),
    ), known.faults


def _table(root: Path, path: str, wanted: tuple[str, ...]) -> Any:
    """The training table with a plain index; a sentence where there is none."""
    import pandas as pd

    try:
        table = load(str(root / path))
    except StageError as error:
        return f"{error.message}: run `dvc repro`, or `dvc pull`"
    if not isinstance(table, pd.DataFrame) or not len(table):
        return f"'{path}' holds no table with rows"
    if not table.columns.is_unique or any(type(name) is not str for name in table.columns):
        return f"the columns of '{path}' have not each a name of their own, as texts"
    if missing := [name for name in wanted if name not in table.columns]:
        return f"'{path}' has no column {', '.join(map(repr, missing))}"
    return (table[[*wanted]] if wanted else table).reset_index(drop=True)


def _needed(case: Case) -> list[str]:
    """The columns without which the path fails or predicts otherwise, in the table's order."""
    few = spread(case.sample, FEW)
    expected = run_all(case.parts, few)
    kept = [*few.columns]
    for name in few.columns:
        without = [one for one in kept if one != name]
        if without and _same_without(case, few, without, expected):
            kept = without
    whole = run_all(case.parts, case.sample)
    return kept if _same_without(case, case.sample, kept, whole) else [*few.columns]


def _same_without(case: Case, table: Any, kept: list[str], expected: Any) -> bool:
    try:
        return not differs(run_all(case.parts, table[kept]), expected)
    except Failed:
        return False
