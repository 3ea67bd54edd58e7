"""What the path takes: which values of a column, whether one may be missing, rows to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from nbstage.bundle.nouns import Column, Plain
from nbstage.bundle.predictor import plain_rows
from nbstage.bundle.rows import check_rows
from nbstage.bundle.schema import MOST_CATEGORIES, column_of, distinct, typical
from nbstage.bundle.trial import Failed, Part, run_all

#: What no training table has seen.
_UNKNOWN = "example"
_SHARES = (0.02, 0.14, 0.26, 0.38, 0.62, 0.74, 0.86, 0.98)


@dataclass(frozen=True, slots=True)
class Described:
    """The columns of the input, rows made up from them with their predictions, and what was wrong
    or is worth knowing.
    """

    columns: tuple[Column, ...] = ()
    examples: tuple[dict[str, Plain], ...] = ()
    expected: tuple[dict[str, Plain], ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# Any: tables of pandas.
def describe(parts: tuple[Part, ...], table: Any) -> Described:
    """What can be said of the rows of `table`, which has the needed columns alone."""
    found = [column_of(name, table[name]) for name in table.columns]
    faults = tuple(one for one in found if isinstance(one, str))
    columns = [one for one in found if isinstance(one, Column)]
    if faults:
        return Described(faults=faults)
    tried = tuple(_tried(parts, table, column) for column in columns)
    shown = tuple(
        replace(column, example=_example(column, table[column.name], None)) for column in tried
    )
    examples = tuple(_examples(parts, shown, table))
    notes = () if examples else ("no row made up from typical values can be predicted",)
    return Described(
        shown,
        tuple(row for row, _ in examples),
        tuple(prediction for _, prediction in examples),
        notes=notes,
    )


def _tried(parts: tuple[Part, ...], table: Any, column: Column) -> Column:
    """The column with what the path says to values that it may not know, and to missing ones."""
    if column.missing and not _takes(parts, _missing_row(table, column.name)):
        column = replace(column, missing=False)
    if column.kind != "text":
        return column
    if column.dtype.startswith("category"):
        return replace(column, fixed=True)  # all of them and their order: codes hang on that
    if _takes_unknown(parts, table, column.name):
        return column
    known = distinct(table[column.name])
    if len(known) > MOST_CATEGORIES:
        return column
    return replace(column, categories=_taken(parts, table, column.name, known), fixed=True)


def _takes_unknown(parts: tuple[Part, ...], table: Any, name: str) -> bool:
    row = _a_row(table, name)
    before = _missing_cells(parts, row)
    row[name] = _as_column([_UNKNOWN], table[name])
    after = _missing_cells(parts, row)
    # A prediction that is missing for a value that was never seen is no prediction.
    return after is not None and (before is None or after <= before)


def _taken(
    parts: tuple[Part, ...], table: Any, name: str, known: tuple[str, ...]
) -> tuple[str, ...]:
    """The values that the path takes: not all, where it was fitted on a part of the table."""
    first = table.drop_duplicates(name).dropna(subset=[name])
    first = first.sort_values(name).reset_index(drop=True)
    if _takes(parts, first):
        return known
    rows = ((str(first[name].iloc[number]), first.iloc[[number]]) for number in range(len(first)))
    return tuple(value for value, row in rows if _takes(parts, row.reset_index(drop=True)))


def _takes(parts: tuple[Part, ...], table: Any) -> bool:
    return len(table) == 0 or _missing_cells(parts, table) is not None


def _missing_cells(parts: tuple[Part, ...], table: Any) -> int | None:
    """How many of a table's predictions are missing; None where the path fails."""
    try:
        return int(run_all(parts, table).isna().sum().sum())
    except Failed:
        return None


def _missing_row(table: Any, name: str) -> Any:
    """The first row of the table where the column has no value."""
    return table[table[name].isna()].iloc[:1].reset_index(drop=True)


def _a_row(table: Any, name: str) -> Any:
    return table[table[name].notna()].iloc[:1].reset_index(drop=True)


def _as_column(values: list[str], like: Any) -> Any:
    import pandas as pd

    return pd.Series(values, dtype=like.dtype)


def _example(column: Column, values: Any, share: float | None) -> Plain:
    """A value so far from the lowest or most frequent; the most typical one for None."""
    if column.kind == "text" and not column.categories:
        return _UNKNOWN
    middle = 0.0 if column.kind in ("text", "boolean") else 0.5
    return typical(column, values, middle if share is None else share)


def _examples(
    parts: tuple[Part, ...], columns: tuple[Column, ...], table: Any
) -> Iterator[tuple[dict[str, Plain], dict[str, Plain]]]:
    """Rows that are nobody's: each column goes its own way from its common to its rare values."""
    rows: list[dict[str, Plain]] = [{column.name: column.example for column in columns}]
    for number in range(len(_SHARES)):
        shares = [_SHARES[(number + 3 * place) % len(_SHARES)] for place in range(len(columns))]
        rows.append(
            {
                column.name: _example(column, table[column.name], share)
                for column, share in zip(columns, shares, strict=True)
            }
        )
    for row in rows:
        checked = check_rows(columns, [row])
        if checked.faults:
            continue
        try:
            yield row, plain_rows(run_all(parts, checked.table))[0]
        except Failed:
            continue
