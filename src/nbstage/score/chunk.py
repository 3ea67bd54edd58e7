"""A chunk of rows -> those with predictions, and those that are bad, each with its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nbstage.bundle.nouns import Column
from nbstage.bundle.predictor import Predictor, plain_rows
from nbstage.bundle.trial import told
from nbstage.errors import UserError
from nbstage.score.nouns import BadRow, Chunk

if TYPE_CHECKING:
    import pandas as pd

#: So many rows of one chunk may pass all checks and yet make the path fail.
_MOST_FAILING = 100

# Any: cells of files, and tables of pandas.


def predict_chunk(predictor: Predictor, chunk: Chunk) -> tuple[pd.DataFrame, list[BadRow]]:
    """The predictions by their rows' numbers in the chunk, and the rows that have none."""
    columns = predictor.bundle.columns
    values = {column.name: _values(chunk, column) for column in columns}
    checked = predictor.check_table(values, chunk.count, as_text=chunk.as_text)
    reasons: dict[int, list[tuple[str, str]]] = {
        number: [("", why)] for number, why in chunk.broken.items()
    }
    for fault in checked.faults:
        if fault.row not in chunk.broken:
            reasons.setdefault(fault.row, []).append((fault.field, fault.message))
    good = checked.table.drop(index=[row for row in chunk.broken if row in checked.table.index])
    failing: dict[int, str] = {}
    found = list(_predictions(predictor, good, failing))
    reasons |= {row: [("", why)] for row, why in failing.items()}
    bad = [
        BadRow(chunk.first + row, tuple(reasons[row]), _cells(chunk, row))
        for row in sorted(reasons)
    ]
    return _together(found), bad


def _predictions(
    predictor: Predictor, table: Any, failing: dict[int, str]
) -> Iterator[pd.DataFrame]:
    """The predictions of all rows that the path takes; the others are found by halving."""
    if not len(table):
        return
    try:
        yield predictor.predict(table)
        return
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # whatever the user's code raises on rows like these
        why = f"the path fails: {told(error)}"
    if len(table) == 1:
        failing[int(table.index[0])] = why
        if len(failing) > _MOST_FAILING:
            raise UserError(
                f"the path fails for row after row that its schema allows: {why}",
                "these rows are not like those it was trained on; look at them before all else.",
            )
        return
    half = len(table) // 2
    yield from _predictions(predictor, table.iloc[:half], failing)
    yield from _predictions(predictor, table.iloc[half:], failing)


def _together(found: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return found[0] if len(found) == 1 else pd.concat(found) if found else pd.DataFrame()


def output_columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Predictions as columns of plain values."""
    rows = plain_rows(table)
    return {name: [row[name] for row in rows] for name in map(str, table.columns)}


def _values(chunk: Chunk, column: Column) -> Any:
    found = chunk.columns.get(column.name)
    if found is None:
        return [None] * chunk.count
    if not hasattr(found, "null_count"):
        return found
    # Where numbers are missing pandas would make floats of them, which hold no large integers.
    return found.to_pylist() if found.null_count else found.to_pandas().rename(column.name)


def picked(values: Any, rows: list[int]) -> Any:
    """The cells of some rows: of a list, or of one of Arrow's arrays."""
    if hasattr(values, "take"):
        import pyarrow as pa

        return values.take(pa.array(rows, pa.int64()))
    return [values[row] for row in rows]


def _cells(chunk: Chunk, row: int) -> dict[str, object]:
    cells = {name: values[row] for name, values in chunk.columns.items()}
    return {
        name: value.as_py() if hasattr(value, "as_py") else value for name, value in cells.items()
    }
