"""A request's body -> what is answered: parsed, checked, predicted, told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from nbstage.bundle.nouns import Bundle, Fault, Plain
from nbstage.bundle.predictor import plain_rows
from nbstage.bundle.trial import told
from nbstage.serve.answer import as_body, as_json, finite
from nbstage.serve.body import Json, Refusal, parse_json, rows_of
from nbstage.serve.inference import as_tensors, rows_of_tensors
from nbstage.serve.nouns import Predicts

if TYPE_CHECKING:
    import pandas as pd

Seen = dict[str, frozenset[str]]
MOST_ERRORS = 100
#: The predictor was proven at its start: whatever else it raises is due to the rows.
OWN_ERRORS = (ImportError, MemoryError, OSError, SystemError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent, and what is kept of it: the rows, and a prediction for each of them.

    `refused` are the fields that were wrong, `unseen` those with a value that training hadn't.
    """

    status: int
    body: bytes
    rows: tuple[dict[str, Json], ...] = ()
    predictions: Sequence[dict[str, Plain]] = ()
    refused: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


def seen_in_training(bundle: Bundle) -> Seen:
    """The categories of the columns that may have others, too."""
    return {
        column.name: frozenset(column.categories)
        for column in bundle.columns
        if column.categories and not column.fixed
    }


@dataclass(frozen=True, slots=True)
class Form:
    """How a request holds rows (of which there may be so many), and an answer predictions."""

    read: Callable[[Json, int], tuple[Json, ...] | Refusal]
    write: Callable[[Bundle, list[dict[str, Plain]], Json], bytes]


#: Of `/predict`.
ROWS = Form(rows_of, lambda bundle, predictions, _: as_body(bundle, predictions))
#: Of the Open Inference Protocol.
TENSORS = Form(rows_of_tensors, as_tensors)


def answer(predictor: Predicts, form: Form, body: bytes, most_rows: int, seen: Seen) -> Answer:
    """Predict the rows of a body in JSON. All of them, or none: then each wrong field is named.

    `seen` are the categories of training, to find others.
    """
    value = parse_json(body)
    if isinstance(value, Refusal):
        return refuse((value,))
    rows = form.read(value, most_rows)
    if isinstance(rows, Refusal):
        return refuse((rows,))
    found = predict(predictor, rows)
    if not isinstance(found, Found):
        return refuse(found)
    return Answer(
        200,
        form.write(predictor.bundle, found.predictions, value),
        found.rows,
        found.predictions,
        unseen=_unseen(seen, found.rows),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Rows that were predicted."""

    rows: tuple[dict[str, Json], ...]
    predictions: list[dict[str, Plain]]


def predict(predictor: Predicts, rows: tuple[Json, ...]) -> Found | tuple[Refusal, ...]:
    """Predictions for all rows, or why there are none."""
    checked = predictor.check(rows)
    if checked.faults:
        return tuple(_refusal(fault) for fault in checked.faults)
    good = tuple(row for row in rows if isinstance(row, dict))
    try:
        predictions = finite(plain_rows(predictor.predict(checked.table)))
    except OWN_ERRORS:
        raise
    except Exception:  # whatever the user's code raises on rows like these
        found = tuple(islice(_not_taken(predictor, checked.table), MOST_ERRORS))
        return found or (Refusal(422, "the model takes these rows alone, and not together"),)
    return Found(good, predictions)


def refuse(wrong: tuple[Refusal, ...]) -> Answer:
    """The answer that says what is wrong, the first of it where it is much."""
    errors = [_listed(one) for one in wrong[:MOST_ERRORS]]
    more = {"more": len(wrong) - MOST_ERRORS} if len(wrong) > MOST_ERRORS else {}
    fields = tuple(one.field for one in wrong if one.field)
    return Answer(wrong[0].status, as_json({"errors": errors} | more), refused=fields)


def _refusal(fault: Fault) -> Refusal:
    what = f"'{fault.field}'" if fault.field else "the row"
    return Refusal(422, f"{what} {fault.message}", fault.row, fault.field)


def _listed(wrong: Refusal) -> dict[str, Plain]:
    told: dict[str, Plain] = {"message": wrong.message}
    if wrong.row is not None:
        told["row"] = wrong.row
    if wrong.field:
        told["field"] = wrong.field
    return told


def _not_taken(predictor: Predicts, table: pd.DataFrame) -> Iterator[Refusal]:
    """The rows that the stages or the model can't take, found by halving."""
    try:
        predictor.predict(table)
    except OWN_ERRORS:
        raise
    except Exception as error:
        if len(table) == 1:
            why = f"the model can't take this row: {told(error)}"
            yield Refusal(422, why, int(table.index[0]))
            return
        half = len(table) // 2
        yield from _not_taken(predictor, table.iloc[:half])
        yield from _not_taken(predictor, table.iloc[half:])


def _unseen(seen: Seen, rows: tuple[dict[str, Json], ...]) -> tuple[str, ...]:
    """The fields with a value that training had not seen, once for each value."""
    return tuple(
        name
        for name, categories in seen.items()
        for row in rows
        if row.get(name) is not None and row[name] not in categories
    )
