# ruff: noqa: PTH123 - pathlib would double what importing the runtime takes
"""Tables of a stage as DVC plots."""

from __future__ import annotations

import sys

from nbstage.runtime.places import fresh, make_folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Rows = list[list[object]]


def save_tables(values: dict[str, object], folder: str) -> None:
    """Write each table among `values` as `folder/NAME.csv`, as DVC plots reads it.

    A table is a DataFrame, a Series, a dict of columns, a list of dicts, an array with rows and
    columns or with fields. Other values are left out. An index is kept where it says something.
    Floats keep their last digit.
    """
    make_folders(folder)
    taken: dict[str, int] = {}  # many file systems don't tell `roc` from `ROC`
    for name, value in values.items():
        rows = _rows(name, value)
        if rows is not None:
            number = taken[name.casefold()] = taken.get(name.casefold(), 0) + 1
            _write(rows, f"{folder}/{name}{f'-{number}' if number > 1 else ''}.csv")


def _write(rows: Rows, path: str) -> None:
    import csv

    with fresh(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


# Any in this module: a value is asked for what it can do, whatever library it comes from.
def _rows(name: str, value: Any) -> Rows | None:
    """Header and rows; None for what is no table."""
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(value, pandas.Series):
        value = value.to_frame(name if value.name is None else value.name)
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return _of_frame(value)
    if numpy is not None and isinstance(value, numpy.ndarray):
        return _of_array(value)
    if isinstance(value, dict):
        return _of_columns(value)
    return _of_records(value) if isinstance(value, list) else None


def _of_frame(table: Any) -> Rows:
    import pandas as pd

    header = [_text(name) for name in table.columns]
    columns = [table.iloc[:, number].tolist() for number in range(table.shape[1])]
    default = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    if not (default and table.index.start == 0 and table.index.step == 1):
        levels = range(table.index.nlevels)
        names = [_index_name(name, level, header) for level, name in enumerate(table.index.names)]
        header = [*names, *header]
        columns = [*(table.index.get_level_values(level).tolist() for level in levels), *columns]
    return _transposed(header, columns)


def _index_name(name: object, level: int, taken: list[str]) -> str:
    """The index's name as a column; one that no column has."""
    text = _text(name) if name is not None else "index" if level == 0 else f"index_{level}"
    while text in taken:
        text += "_"
    return text


def _of_array(array: Any) -> Rows | None:
    if array.dtype.names and array.ndim == 1:
        return _transposed(list(array.dtype.names), [array[n].tolist() for n in array.dtype.names])
    if array.ndim != 2:
        return None
    return _transposed([str(number) for number in range(array.shape[1])], array.T.tolist())


def _of_columns(columns: dict[Any, Any]) -> Rows | None:
    """A dict whose values are columns of one length."""
    values = [_column(value) for value in columns.values()]
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values) or len({len(value) for value in known}) > 1:
        return None
    return _transposed([_text(key) for key in columns], known)


def _column(value: Any) -> list[object] | None:
    if isinstance(value, (list, tuple)):
        return [item.item() if hasattr(item, "item") else item for item in value]
    return (
        value.tolist() if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist") else None
    )


def _of_records(records: list[Any]) -> Rows | None:
    """A list of dicts, which need not all have the same keys."""
    if not records or not all(isinstance(record, dict) for record in records):
        return None
    keys = list(dict.fromkeys(key for record in records for key in record))
    columns = [_column([record.get(key) for record in records]) or [] for key in keys]
    return _transposed([_text(key) for key in keys], columns)


def _transposed(header: list[str], columns: list[list[object]]) -> Rows:
    rows: Rows = [[*header]]
    rows.extend([_cell(item) for item in row] for row in zip(*columns, strict=True))
    return rows


def _cell(item: object) -> object:
    """An empty cell for what is missing."""
    missing = isinstance(item, float) and item != item
    return None if missing or type(item).__name__ in ("NAType", "NaTType") else item


def _text(name: object) -> str:
    """A column's name: ("a", 1) is "a_1"."""
    return "_".join(map(_text, name)) if isinstance(name, tuple) else str(name)
