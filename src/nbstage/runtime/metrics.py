"""Numbers of a stage as DVC metrics."""

from __future__ import annotations

import sys

from nbstage.runtime.errors import StageError
from nbstage.runtime.places import write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def save_metrics(values: dict[str, object], path: str) -> None:
    """Write the numbers among `values`, and dicts, Series and DataFrames of numbers, as JSON.

    Other values are left out: a metrics cell also assigns arrays and tables on its way. Floats keep
    their last digit; what is not a number or infinite is written as DVC reads it, NaN and Infinity.
    """
    import json

    text = json.dumps(_numbers(values, path) or {}, indent=2, ensure_ascii=False)
    write_text(path, text + "\n")


# Any in this module: values are asked for what they can do, whatever library they come from.
def _number(value: Any) -> bool | int | float | None:
    """A number as Python's own; None for what is none. Arrays without dimension count."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return _fraction(value)


def _fraction(value: Any) -> float | None:
    """Decimal and Fraction, and numpy's long floats, as the nearest float."""
    if type(value).__name__ in ("Decimal", "Fraction", "longdouble"):
        return float(value)
    return None


def _numbers(value: Any, path: str) -> dict[str, object] | None:
    """The numbers of a dict, at every level; None if there are none."""
    found: dict[str, object] = {}
    for key, item in _mapping(value).items():
        number = _number(item)
        kept = _numbers(item, path) if number is None else number
        if kept is None:
            continue
        name = _name(key)
        if name in found:
            raise StageError(f"'{path}' can't hold two metrics called '{name}'")
        found[name] = kept
    return found or None


def _mapping(value: Any) -> dict[Any, Any]:
    """A dict as it is, a Series by its index, a DataFrame by row and column; else an empty dict."""
    if isinstance(value, dict):
        return value
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, (pandas.DataFrame, pandas.Series)):
        return {}
    if not value.index.is_unique:
        return {}
    if isinstance(value, pandas.Series):
        return dict(zip(value.index, value.tolist(), strict=True))
    return _by_row(value) if value.columns.is_unique else {}


def _by_row(table: Any) -> dict[Any, Any]:
    """Not by `table.loc[row]`, which would make floats of integers."""
    columns = {name: table[name].tolist() for name in table.columns}
    return {
        row: {name: cells[number] for name, cells in columns.items()}
        for number, row in enumerate(table.index)
    }


def _name(key: object) -> str:
    """A key as text: ("a", 1) is "a, 1"."""
    return ", ".join(map(_name, key)) if isinstance(key, tuple) else str(key)
