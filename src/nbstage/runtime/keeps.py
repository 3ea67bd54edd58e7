"""Tables against their contracts: all that is wrong, with rows, in a few readable lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nbstage.runtime.contract import Column, Contract, read_contract
from nbstage.runtime.errors import StageError

# Any: pandas and pandera are imported when a table comes by.

_EXAMPLES = 3
_LONGEST = 40
_INSTALL = "a contract needs pandera: pip install 'nbstage[contracts]'"


def keep(value: object, path: str, contract: str) -> None:
    """Let a table pass that keeps the contract in the file. Raises StageError that lists all that
    is wrong with it.
    """
    broken = breaches(value, read_contract(contract))
    if broken:
        listed = "".join(f"\n  {line}" for line in broken)
        raise StageError(
            f"'{path}' is not stored, as it breaks its contract '{contract}':{listed}\n"
            "Mend what makes the table. If the table is right, edit the contract; or delete it, "
            "run `nbstage convert` and `dvc repro`, and have it anew by `nbstage contract`."
        )


def breaches(value: object, contract: Contract) -> list[str]:
    """All in which a table breaks a contract, a line each."""
    try:
        import pandas as pd
        import pandera.pandas as pa
    except ModuleNotFoundError as error:
        raise StageError(f"{_INSTALL} (there is no '{error.name}' here)") from None
    if not isinstance(value, pd.DataFrame):
        return [f"it is no table, but {_one(type(value).__name__)}"]
    if not value.columns.is_unique:
        twice = sorted({str(name) for name in value.columns[value.columns.duplicated()]})
        return [f"column {_quoted(name)} is there more than once" for name in twice]
    fitting, lines = _by_type(value, contract)
    try:
        _schema(pa, fitting).validate(value, lazy=True)
    except pa.errors.SchemaErrors as error:
        lines += _told(error.failure_cases, fitting)
    return lines


def _by_type(table: Any, contract: Contract) -> tuple[Contract, list[str]]:
    """The contract with bounds as the columns hold them, and the columns of another type."""
    lines = [*_rows(len(table), contract)]
    columns: dict[str | int, Column] = {}
    for name, column in contract.columns.items():
        columns[name] = column
        if name in table.columns:
            columns[name] = _comparable(f"column {_quoted(name)}", table[name], column, lines)
    index = contract.index
    if index is not None:
        index = _comparable("the index", table.index, index, lines)
    return replace(contract, columns=columns, index=index), lines


def _rows(count: int, contract: Contract) -> Iterator[str]:
    if contract.least_rows is not None and count < contract.least_rows:
        yield f"it has {count} rows, and needs {contract.least_rows} or more"
    if contract.most_rows is not None and count > contract.most_rows:
        yield f"it has {count} rows, and may have no more than {contract.most_rows}"


def _comparable(where: str, values: Any, column: Column, lines: list[str]) -> Column:
    """What can be asked of these values; what can't is told."""
    if column.type is not None and str(values.dtype) != column.type:
        lines.append(f"{where} is {values.dtype}, and has to be {column.type}")
        return replace(column, min=None, max=None, values=None)
    held = {key: _bound(where, values.dtype, key, column, lines) for key in ("min", "max")}
    return replace(column, min=held["min"], max=held["max"])


def _bound(where: str, dtype: Any, key: str, column: Column, lines: list[str]) -> Any:
    asked = column.min if key == "min" else column.max
    bound = None if asked is None else _as_held(asked, dtype)
    if asked is not None and bound is None:
        lines.append(f"{where} is {dtype}, which {key} {_quoted(asked)} does not fit")
    return bound


def _as_held(bound: Any, dtype: Any) -> Any:
    """A bound as a value of this type, None if it is none."""
    import pandas as pd

    api = pd.api.types
    try:
        if api.is_datetime64_any_dtype(dtype):
            return _time(pd.Timestamp(bound), getattr(dtype, "tz", None))
        if api.is_timedelta64_dtype(dtype):
            return pd.Timedelta(bound)
    except (TypeError, ValueError, OverflowError):
        return None
    if api.is_numeric_dtype(dtype) and not api.is_bool_dtype(dtype):
        return bound if isinstance(bound, int | float) else None
    if api.is_string_dtype(dtype) or api.is_object_dtype(dtype):
        return bound if isinstance(bound, str) else None
    return None


def _time(time: Any, zone: Any) -> Any:
    """A time as those of a column in this time zone, or in none."""
    if zone is None:
        return time.tz_localize(None)
    return time.tz_localize(zone) if time.tz is None else time


def _schema(pa: Any, contract: Contract) -> Any:
    columns = {
        name: pa.Column(
            nullable=column.nullable,
            unique=column.unique,
            required=not column.optional,
            checks=_checks(pa, column),
        )
        for name, column in contract.columns.items()
    }
    index = contract.index and pa.Index(
        nullable=contract.index.nullable,
        unique=contract.index.unique,
        checks=_checks(pa, contract.index),
    )
    return pa.DataFrameSchema(columns, index=index, strict=not contract.others)


def _checks(pa: Any, column: Column) -> list[Any]:
    checks = []
    if column.min is not None:
        checks.append(pa.Check.ge(column.min, error="min"))
    if column.max is not None:
        checks.append(pa.Check.le(column.max, error="max"))
    if column.values is not None:
        checks.append(pa.Check.isin(column.values, error="values"))
    return checks


def _told(cases: Any, contract: Contract) -> Iterator[str]:
    """pandera's failures in words, those of one check together."""
    groups: dict[tuple[Any, Any, str], list[tuple[object, object]]] = {}
    for context, name, check, case, row in zip(
        *(cases[key] for key in ("schema_context", "column", "check", "failure_case", "index")),
        strict=True,
    ):
        missing = check in ("column_in_schema", "column_in_dataframe")
        key = (context, case if missing else name, check)
        groups.setdefault(key, []).append((case, row))
    for (context, name, check), found in groups.items():
        column = contract.index if context == "Index" else contract.columns.get(name)
        where = "the index" if context == "Index" else f"column {_quoted(name)}"
        yield f"{where} {_breach(check, column or Column(), found)}"


def _breach(check: str, column: Column, found: list[tuple[object, object]]) -> str:
    match check:
        case "column_in_dataframe":
            return "is missing"
        case "column_in_schema":
            return "is not in the contract"
        case "not_nullable":
            return f"may not be null, and is{_where(found, values=False)}"
        case "field_uniqueness":
            return f"has values more than once{_where(found)}"
        case "min":
            return f"is less than {_plain(column.min)}{_where(found)}"
        case "max":
            return f"is more than {_plain(column.max)}{_where(found)}"
        case "values":
            return f"is none of the contract's values{_where(found)}"
        case _:
            return f"fails '{check}'{_where(found)}"


def _where(found: list[tuple[object, object]], *, values: bool = True) -> str:
    """In how many rows, and the first with different values: ` in 12 rows: -1 (row 4), ...`."""
    count = f" in {len(found)} row{'' if len(found) == 1 else 's'}: "
    first = {str(case) if values else row: (case, row) for case, row in reversed(found)}
    different = [*reversed(first.values())]
    shown = [
        f"{_plain(case)} (row {_plain(row)})" if values else f"row {_plain(row)}"
        for case, row in different[:_EXAMPLES]
    ]
    return count + ", ".join([*shown, *(["..."] if len(different) > _EXAMPLES else [])])


def _plain(value: object) -> str:
    """A value as one short line that no terminal minds."""
    text = repr(value) if isinstance(value, str) else str(value)
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return "".join(char if char.isprintable() else "?" for char in short)


def _quoted(name: object) -> str:
    return "'" + _plain(str(name))[1:-1] + "'"


def _one(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
