"""Rows from a request or a file -> the table that the path takes, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbstage.bundle.convert import convert, shown
from nbstage.bundle.nouns import Checked, Column, Fault

if TYPE_CHECKING:
    import pandas as pd

# Any: values are whatever somebody sent.
_MOST_SHOWN = 20


def check_rows(columns: tuple[Column, ...], rows: Sequence[object]) -> Checked:
    """Rows as JSON has them. A field that no column has is wrong; a field that is left out is
    missing.
    """
    known = {column.name for column in columns}
    faults: list[Fault] = []
    dicts: list[Mapping[str, Any]] = []
    for number, row in enumerate(rows):
        if isinstance(row, Mapping):
            dicts.append(row)
            strange = [str(name) for name in row if name not in known]
            faults += [
                Fault(number, name, "is no column of the model's input")
                for name in strange[:_MOST_SHOWN]
            ]
        else:
            dicts.append({})
            faults.append(Fault(number, "", f"is {shown(row)}, and not an object with fields"))
    whole = {fault.row for fault in faults if not fault.field}
    values = {column.name: [row.get(column.name) for row in dicts] for column in columns}
    checked = check_columns(columns, values, len(dicts), as_text=False)
    faults += [fault for fault in checked.faults if fault.row not in whole]
    return _without(checked.table, sorted(faults, key=lambda fault: fault.row))


def check_columns(
    columns: tuple[Column, ...],
    values: Mapping[str, Sequence[Any]],
    count: int,
    *,
    as_text: bool,
) -> Checked:
    """Columns of `count` values each, all of them there; with `as_text` from a file of text."""
    import pandas as pd

    faults: list[Fault] = []
    found = {}
    for column in columns:
        found[column.name], wrong = _column(column, values[column.name], as_text=as_text)
        faults += [Fault(number, column.name, why) for number, why in wrong.items()]
    table = pd.DataFrame(found, index=pd.RangeIndex(count), columns=list(found))
    return _without(table, sorted(faults, key=lambda fault: fault.row))


def _column(column: Column, values: Any, *, as_text: bool) -> tuple[Any, dict[int, str]]:
    if as_text or not hasattr(values, "dtype"):
        return convert(column, values, as_text=as_text)
    if not column.fixed and str(values.dtype) == column.dtype and _plainly_fits(column, values):
        return values.reset_index(drop=True).rename(column.name), {}
    # Times and texts of another precision or storage too are taken value by value.
    return convert(column, values.astype(object).tolist(), as_text=False)


def _plainly_fits(column: Column, values: Any) -> bool:
    """Whether no value of a Series of the right dtype needs another look."""
    if column.kind == "number":
        import numpy as np

        if values.dtype.kind == "f" and bool(np.isinf(values.to_numpy()).any()):
            return False
    elif column.kind == "text":
        return False
    return column.missing or not bool(values.isna().any())


def _without(table: pd.DataFrame, faults: list[Fault]) -> Checked:
    bad = {fault.row for fault in faults}
    if not bad:
        return Checked(table)
    kept = table.loc[[number for number in table.index if number not in bad]]
    return Checked(kept, tuple(faults))
