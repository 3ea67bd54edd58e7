"""Whether a bundle predicts as its pipeline does, and what its rows look like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from nbstage.bundle.agreement import disagreement
from nbstage.bundle.entries import name_of
from nbstage.bundle.estimator import as_table, can_predict, columns_for, predictions_of
from nbstage.bundle.load import load_values
from nbstage.bundle.nouns import Bundle
from nbstage.bundle.probes import describe
from nbstage.bundle.safer import made_safer
from nbstage.bundle.schema import output_of
from nbstage.bundle.steps import importable, open_stages
from nbstage.bundle.trial import Failed, Part, differs, parts_of, piecewise, run_all, run_part
from nbstage.bundle.watch import watched
from nbstage.policy import Predicted
from nbstage.runtime import StageError, load
from nbstage.runtime.same import difference

#: So many rows, evenly spread, are looked at together...
MANY = 400
#: ...and so many where each column is left out once.
FEW = 40

Say = Callable[[str], None]


@dataclass(slots=True)
class _Proof:
    """What is known so far. Any: tables and values are the user's."""

    bundle: Bundle
    root: Path
    say: Say
    parts: tuple[Part, ...] = ()
    table: Any = None
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def prove(
    bundle: Bundle,
    root: Path,
    table: str,
    wanted: tuple[str, ...],
    say: Say,
    predicted: Predicted | None = None,
) -> tuple[Bundle, tuple[str, ...]]:
    """The bundle with its columns, outputs and examples, and all that speaks against it.

    `root` is where the pipeline has stored what it made, `table` the artifact that rows stand in
    for, `wanted` its columns if these were told. With `predicted` the path has to give what the
    pipeline's table of predictions holds.
    """
    importable(bundle.folder)
    bundle = made_safer(bundle, load_values(bundle, allow_pickle=True))
    values = load_values(bundle, allow_pickle=True)
    if bundle.estimator and not can_predict(values[bundle.estimator]):
        kind = type(values[bundle.estimator]).__name__
        return bundle, (f"the model '{bundle.estimator}' is a {kind}, which can't `predict`",)
    proof = _Proof(bundle, root, say)
    proof.table = _table(proof, table, wanted)
    if proof.faults:
        return bundle, tuple(proof.faults)
    say("importing the stages of the path")
    proof.parts = parts_of(bundle, open_stages(bundle.folder, bundle.steps, values))
    sample = _spread(proof.table, MANY)
    if not _runs(proof, sample):
        return bundle, tuple(proof.faults)
    if bundle.estimator:
        _judge_model(proof, values[bundle.estimator], sample)
    say("rows alone and together")
    _judge_pieces(proof, sample)
    _judge_kept(proof, values)
    say("against what the pipeline stored")
    _judge_stored(proof)
    run = partial(run_all, proof.parts)
    if predicted and (why := disagreement(root, predicted, proof.table, run)):
        proof.faults.append(f"{why} in [tool.nbstage.serve]")
    if proof.faults:
        return bundle, tuple(proof.faults)
    return _described(proof, values, sample), tuple(proof.faults)


def _described(proof: _Proof, values: dict[str, Any], sample: Any) -> Bundle:
    proof.say("which columns are needed")
    needed = _needed(proof, sample)
    proof.say("which values are taken")
    known = describe(proof.parts, proof.table[needed])
    proof.faults += known.faults
    proof.notes += known.notes
    given = run_all(proof.parts, sample[needed])
    passed: tuple[str, ...] = ()
    if proof.bundle.estimator:
        entering = run_all(proof.parts[:-1], sample[needed])
        passed = columns_for(values[proof.bundle.estimator], entering)
    return replace(
        proof.bundle,
        columns=known.columns,
        outputs=tuple(output_of(name, given[name]) for name in given.columns),
        passed=passed,
        examples=known.examples,
        expected=known.expected,
        notes=(*proof.bundle.notes, *proof.notes),
    )


def _table(proof: _Proof, path: str, wanted: tuple[str, ...]) -> Any:
    """The training table with a plain index, or a fault."""
    import pandas as pd

    try:
        table = load(str(proof.root / path))
    except StageError as error:
        proof.faults.append(f"{error.message}: run `dvc repro`, or `dvc pull`")
        return None
    if not isinstance(table, pd.DataFrame) or not len(table):
        proof.faults.append(f"'{path}' holds no table with rows")
    elif not table.columns.is_unique or any(type(name) is not str for name in table.columns):
        proof.faults.append(f"the columns of '{path}' have not each a name of their own, as texts")
    elif missing := [name for name in wanted if name not in table.columns]:
        proof.faults.append(f"'{path}' has no column {', '.join(map(repr, missing))}")
    else:
        return (table[[*wanted]] if wanted else table).reset_index(drop=True)
    return None


def _runs(proof: _Proof, sample: Any) -> bool:
    """Run the path once, and see what it touches."""
    first: dict[str, None] = {}
    second: dict[str, None] = {}
    try:
        with watched(first):
            run_all(proof.parts, sample)
    except Failed as failed:
        proof.faults.append(f"{failed}. It ran on rows of '{_rows(proof)}'")
        return False
    table = sample
    for part in proof.parts:
        second.clear()
        state = _random_states()
        with watched(second):
            table = run_part(part, table)
        # What only happens once is an import; but the project's own files are none.
        own = [one for one in first if str(proof.root) in one]
        for what in dict.fromkeys((*own, *second)):
            proof.faults.append(
                f"{part.name} {what}: do that in a stage before or after the path, and hand on the "
                "value"
            )
        if _random_states() != state:
            proof.faults.append(
                f"{part.name} draws random numbers from the global generator: predictions would "
                "depend on what was predicted before"
            )
    return not proof.faults


def _judge_model(proof: _Proof, model: Any, sample: Any) -> None:
    """What the bundle predicts is what the model itself says."""
    entering = run_all(proof.parts[:-1], sample)
    passed = columns_for(model, entering)
    table = entering[[*passed]] if passed else entering
    found = predictions_of(model, table)
    own = as_table(model.predict(table), "prediction", table.index)
    if why := differs(found[[*own.columns]], own):
        proof.faults.append(f"the model '{proof.bundle.estimator}' says otherwise itself: {why}")


def _rows(proof: _Proof) -> str:
    return proof.bundle.steps[0].rows if proof.bundle.steps else "the training table"


def _random_states() -> tuple[object, ...]:
    import random

    import numpy as np

    return random.getstate(), str(np.random.get_state())


def _judge_pieces(proof: _Proof, sample: Any) -> None:
    """Each part gives the same for a row whichever other rows come with it."""
    table = sample
    for part in proof.parts:
        if why := piecewise(part, table):
            proof.faults.append(
                f"{part.name} {why}. What looks at all rows (a mean, a rank, `get_dummies`) has to "
                "be learned in an earlier stage, and handed on"
            )
        table = run_part(part, table)


def _judge_kept(proof: _Proof, values: dict[str, Any]) -> None:
    """What the stages have loaded is as it was: each run of the pipeline loads it anew, and a
    bundle does so once.
    """
    fresh = load_values(proof.bundle, allow_pickle=True)
    for path in sorted(values.keys() - {proof.bundle.estimator}):
        if why := difference(fresh[path], values[path]):
            takers = [f"'{step.stage}'" for step in proof.bundle.steps if path in step.takes]
            proof.faults.append(
                f"stage {' or '.join(takers)} changes '{name_of(path)}' while it predicts, which "
                f"the next rows would meet: {why}. Let it change a copy"
            )


def _judge_stored(proof: _Proof) -> None:
    """Each stage gives for rows of its table what the pipeline stored for them."""
    for step, part in zip(proof.bundle.steps, proof.parts, strict=False):
        taken, stored = _stored(proof.root, step.rows), _stored(proof.root, step.gives)
        if taken is None or stored is None or len(taken) != len(stored):
            continue
        rows = _spread(taken, MANY)
        name = name_of(step.gives)
        try:
            found = as_table(run_part(part, rows.reset_index(drop=True)), name, range(len(rows)))
            held = as_table(stored, name, stored.index)
        except (Failed, ValueError, TypeError, AttributeError):
            continue  # told by the other judges
        expected = _spread(held, MANY).reset_index(drop=True)
        if why := differs(found.reset_index(drop=True), expected):
            proof.faults.append(
                f"{part.name} gives other values than the pipeline stored in '{step.gives}' for "
                f"the same rows: {why}"
            )


def _stored(root: Path, path: str) -> Any:
    import pandas as pd

    if not (root / path).exists():
        return None
    try:
        value = load(str(root / path))
    except StageError:
        return None
    return value if isinstance(value, pd.DataFrame | pd.Series) else None


def _needed(proof: _Proof, sample: Any) -> list[str]:
    """The columns without which the path fails or predicts otherwise, in the table's order."""
    few = _spread(sample, FEW).reset_index(drop=True)
    expected = run_all(proof.parts, few)
    kept = [*few.columns]
    for name in few.columns:
        without = [one for one in kept if one != name]
        if without and _same_without(proof, few, without, expected):
            kept = without
    whole = run_all(proof.parts, sample)
    return kept if _same_without(proof, sample, kept, whole) else [*few.columns]


def _same_without(proof: _Proof, table: Any, kept: list[str], expected: Any) -> bool:
    try:
        return not differs(run_all(proof.parts, table[kept]), expected)
    except Failed:
        return False


def _spread(table: Any, rows: int) -> Any:
    """So many rows of a table, evenly spread; all of a smaller one."""
    if len(table) <= rows:
        return table
    return table.iloc[[number * len(table) // rows for number in range(rows)]]
