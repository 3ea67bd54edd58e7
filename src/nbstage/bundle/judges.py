"""What may speak against a path: each judge looks at one thing, and gives sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nbstage.bundle.agreement import disagreement
from nbstage.bundle.entries import name_of
from nbstage.bundle.estimator import as_table, columns_for, index_of, predictions_of
from nbstage.bundle.load import load_values
from nbstage.bundle.nouns import Bundle
from nbstage.bundle.trial import Failed, Part, differs, piecewise, run_all, run_part
from nbstage.bundle.watch import watched
from nbstage.policy import Predicted
from nbstage.runtime import StageError, load
from nbstage.runtime.same import difference

#: So many rows, evenly spread, are looked at together.
MANY = 400


@dataclass(frozen=True, slots=True)
class Case:
    """A path and the rows it is tried on. Any: tables and values are the user's.

    `root` is where the pipeline has stored what it made, `table` the training table, `sample` rows
    of it, `values` what the path has loaded.
    """

    bundle: Bundle
    root: Path
    parts: tuple[Part, ...]
    values: dict[str, Any]
    table: Any
    sample: Any
    predicted: Predicted | None = None


def judge_run(case: Case) -> Iterator[str]:
    """The path takes the rows, touches nothing else, and draws no random numbers of all."""
    first: dict[str, None] = {}
    try:
        with watched(first):
            run_all(case.parts, case.sample)
    except Failed as failed:
        rows = case.bundle.steps[0].rows if case.bundle.steps else "the training table"
        yield f"{failed}. It ran on rows of '{rows}'"
        return
    # What only happens once is an import; but the project's own files are none.
    own = [what for what in first if str(case.root) in what]
    table = case.sample
    for part in case.parts:
        touched, state = dict.fromkeys(own), _random_states()
        with watched(touched):
            table = run_part(part, table)
        for what in touched:
            yield (
                f"{part.name} {what}: do that in a stage before or after the path, and hand on the "
                "value"
            )
        if _random_states() != state:
            yield (
                f"{part.name} draws random numbers from the global generator: predictions would "
                "depend on what was predicted before"
            )


def judge_model(case: Case) -> Iterator[str]:
    """What the bundle predicts is what the model itself says."""
    if not case.bundle.estimator:
        return
    model = case.values[case.bundle.estimator]
    entering = run_all(case.parts[:-1], case.sample)
    passed = columns_for(model, entering)
    table = entering[[*passed]] if passed else entering
    found = predictions_of(model, table)
    own = as_table(model.predict(table), "prediction", index_of(table))
    if why := differs(found[[*own.columns]], own):
        yield f"the model '{case.bundle.estimator}' says otherwise itself: {why}"


def judge_pieces(case: Case) -> Iterator[str]:
    """Each part gives the same for a row whichever other rows come with it."""
    table = case.sample
    for part in case.parts:
        if why := piecewise(part, table):
            yield (
                f"{part.name} {why}. What looks at all rows (a mean, a rank, `get_dummies`) has to "
                "be learned in an earlier stage, and handed on"
            )
        table = run_part(part, table)


def judge_kept(case: Case) -> Iterator[str]:
    """What the stages have loaded is as it was: each run of the pipeline loads it anew, and a
    bundle does so once.
    """
    fresh = load_values(case.bundle, allow_pickle=True)
    for path in sorted(case.values.keys() - {case.bundle.estimator}):
        if why := difference(fresh[path], case.values[path]):
            takers = [f"'{step.stage}'" for step in case.bundle.steps if path in step.takes]
            yield (
                f"stage {' or '.join(takers)} changes '{name_of(path)}' while it predicts, which "
                f"the next rows would meet: {why}. Let it change a copy"
            )


def judge_stored(case: Case) -> Iterator[str]:
    """Each stage gives for rows of its table what the pipeline stored for them."""
    for step, part in zip(case.bundle.steps, case.parts, strict=False):
        taken, stored = _stored(case.root, step.rows), _stored(case.root, step.gives)
        if taken is None or stored is None or len(taken) != len(stored):
            continue
        rows, name = spread(taken, MANY), name_of(step.gives)
        try:
            found = as_table(run_part(part, rows), name, rows.index)
            held = spread(as_table(stored, name, stored.index), MANY)
        except (Failed, ValueError):
            continue  # told by the other judges
        if why := differs(found, held):
            yield (
                f"{part.name} gives other values than the pipeline stored in '{step.gives}' for "
                f"the same rows: {why}. If code or parameters have changed: `dvc repro`"
            )


def judge_predictions(case: Case) -> Iterator[str]:
    """The path predicts what the pipeline's table of predictions holds."""
    if case.predicted is None:
        return
    run = partial(run_all, case.parts)
    try:
        if why := disagreement(case.root, case.predicted, case.table, run):
            yield f"{why} in [tool.nbstage.serve]"
    except Failed as failed:
        yield f"{failed}. It ran on rows that predictions are stored for"


def spread(table: Any, rows: int) -> Any:
    """So many rows of a table, evenly spread and counted from 0; all of a smaller one."""
    step = [number * len(table) // rows for number in range(rows)]
    return (table if len(table) <= rows else table.iloc[step]).reset_index(drop=True)


def _random_states() -> tuple[object, ...]:
    import random

    import numpy as np

    return random.getstate(), str(np.random.get_state())


def _stored(root: Path, path: str) -> Any:
    import pandas as pd

    if not (root / path).exists():
        return None
    try:
        value = load(str(root / path))
    except StageError:
        return None
    return value if isinstance(value, pd.DataFrame | pd.Series) else None
