"""The path tried on rows of the training table: each part of it on all of them, and in pieces."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nbstage.bundle.entries import name_of
from nbstage.bundle.estimator import as_table, columns_for, index_of, predictions_of
from nbstage.bundle.nouns import Bundle
from nbstage.bundle.predictor import plain_rows
from nbstage.bundle.same import CLOSE, CLOSE_IN_FLOAT32, first_difference
from nbstage.bundle.steps import Stages, run_step

# Any: tables and values are the user's.
Run = Callable[[Any], Any]


class Failed(Exception):
    """The path can't take these rows: a sentence that says where and why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stage of the path, or its estimator: what it is called, and what it makes of a table."""

    name: str
    run: Run


def parts_of(bundle: Bundle, stages: Stages) -> tuple[Part, ...]:
    """The parts of a path in order. What each gives is what the next one takes."""
    steps = [
        Part(f"stage '{step.stage}'", partial(run_step, stages, step)) for step in bundle.steps
    ]
    if bundle.estimator:
        model = stages.values[bundle.estimator]
        steps.append(Part(f"the model '{bundle.estimator}'", partial(estimated, model)))
        return tuple(steps)
    last, name = steps[-1], name_of(bundle.steps[-1].gives)

    def output(table: Any) -> Any:
        try:
            return as_table(last.run(table), name, table.index)
        except ValueError as error:
            raise Failed(f"{last.name} {error}: a prediction has to be made of each row") from None

    return (*steps[:-1], Part(last.name, output))


def estimated(model: Any, table: Any) -> Any:
    """What an estimator predicts, from the columns that it was fitted on."""
    passed = columns_for(model, table)
    return predictions_of(model, table[[*passed]] if passed else table)


def run_all(parts: tuple[Part, ...], table: Any) -> Any:
    """What the path gives. Raises Failed where it can't."""
    for part in parts:
        table = run_part(part, table)
    return table


def run_part(part: Part, table: Any) -> Any:
    """What a part of the path gives. Raises Failed with the place in the user's code."""
    try:
        return part.run(table)
    except Failed:
        raise
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:
        raise Failed(f"{part.name} fails: {told(error)}") from None


def told(error: BaseException) -> str:
    """What was raised, and where in the pipeline's modules."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/pipeline/" in Path(frame.filename).as_posix()]
    place = f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""
    text = str(getattr(error, "message", "") or error).strip().partition("\n")[0][:200]
    if type(error).__name__ == "StageError":
        return f"it {text}{place}"
    return f"{type(error).__name__}: {text}{place}"


def differs(found: Any, expected: Any) -> str:
    """Where two tables first differ, by columns' names and cells; "" where they don't."""
    narrow = any(str(kind) == "float32" for kind in (*found.dtypes, *expected.dtypes))
    close = CLOSE_IN_FLOAT32 if narrow else CLOSE
    return first_difference(plain_rows(found), plain_rows(expected), close)


def piecewise(part: Part, table: Any) -> str:
    """How what a part makes of a table depends on which rows come together; "" if it doesn't."""
    whole = _as_rows(run_part(part, table), table)
    if whole is None:
        return ""  # judged by what the next part makes of it
    again = _as_rows(run_part(part, table), table)
    if again is None or differs(again, whole):
        return "gives other values each time"
    count = len(whole)
    half, step = count // 2, max(1, count // 24)
    ways: dict[str, list[Any]] = {
        "in two halves": [range(half), range(half, count)],
        "in another order": [range(count - 1, -1, -1)],
        "one by one": [[number] for number in range(0, count, step)],
    }
    for way, pieces in ways.items():
        if why := _in_pieces(part, table, whole, pieces):
            return f"gives other values for the same rows {way}: {why}"
    return ""


def _in_pieces(part: Part, table: Any, whole: Any, pieces: list[Any]) -> str:
    for piece in (piece for piece in pieces if len(piece)):
        rows = rows_at(table, list(piece))
        try:
            found = _as_rows(run_part(part, rows), rows)
        except Failed as failed:
            return str(failed)
        expected = whole.iloc[list(piece)].reset_index(drop=True)
        if found is None or (why := differs(found, expected)):
            return "other things than a row for each" if found is None else why
    return ""


def rows_at(table: Any, places: list[int]) -> Any:
    """Some rows of a table, an array or a sparse matrix; those of a table count from 0."""
    if hasattr(table, "iloc"):
        return table.iloc[places].reset_index(drop=True)
    return table.tocsr()[places] if hasattr(table, "tocsr") else table[places]


def _as_rows(value: Any, table: Any) -> Any:
    """What a part gives as a table with a row for each; None where it is none."""
    if hasattr(value, "tocsr"):
        value = value.toarray()
    try:
        return as_table(value, "value", index_of(table))
    except (ValueError, TypeError):
        return None
