"""A table -> the contract that it keeps, with room for tables like it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nbstage.runtime.contract import Column, Contract

#: A text column with so many different values or fewer has one of those...
FEW = 20
#: ...where each is there so often, on average: else a new one is likely.
OFTEN = 5
#: How much further than seen a number may go, as a share of the range seen.
ROOM = 0.1

# Any: pandas has the types of its own values only.


def infer(table: Any) -> Contract:
    """What is asked of tables like this one."""
    import pandas as pd

    plain = isinstance(table.index, pd.RangeIndex) and table.index.name is None
    columns = {name: infer_column(table[name]) for name in table.columns}
    index = None if plain or isinstance(table.index, pd.MultiIndex) else _index(table.index)
    return Contract(columns, index, least_rows=1 if len(table) else None)


def why_not(table: Any) -> str:
    """Why there can be no contract of this value, or ""."""
    import pandas as pd

    if not isinstance(table, pd.DataFrame):
        return "it is no table"
    if not table.columns.is_unique:
        return "two of its columns have one name"
    if any(type(name) not in (str, int) for name in table.columns):
        return "its columns' names are not all text or whole numbers"
    return ""


def infer_column(values: Any) -> Column:
    """What is asked of a column like this one."""
    low, high = _bounds(values)
    return Column(
        type=str(values.dtype),
        nullable=bool(values.isna().any()),
        min=low,
        max=high,
        values=_few(values),
    )


def _index(index: Any) -> Column:
    return Column(type=str(index.dtype), unique=bool(index.is_unique and len(index) > 1))


def _bounds(values: Any) -> tuple[Any, Any]:
    import pandas as pd

    kind, held = pd.api.types, values.dropna()
    if held.empty or kind.is_bool_dtype(values.dtype):
        return None, None
    if kind.is_datetime64_any_dtype(values.dtype):
        return _earliest(held), None
    if kind.is_integer_dtype(values.dtype):
        return _whole(int(held.min()), int(held.max()))
    if kind.is_float_dtype(values.dtype):
        return _decimal(float(held.min()), float(held.max()))
    return None, None


def _earliest(times: Any) -> str:
    """The first day, and no last one: tomorrow's table goes on."""
    return str(times.min().floor("D").isoformat())


def _whole(low: int, high: int) -> tuple[int | None, int | None]:
    if low == high:
        return None, None
    room = (high - low) // int(1 / ROOM)
    return _same_sign(low, low - room), _same_sign(high, high + room)


def _decimal(low: float, high: float) -> tuple[float | None, float | None]:
    span = high - low
    if not span or not math.isfinite(span):
        return None, None
    digits = 2 - math.floor(math.log10(span))
    if not -300 < digits < 15:
        return None, None
    lowest = min(low, _rounded(math.floor, low - ROOM * span, digits))
    highest = max(high, _rounded(math.ceil, high + ROOM * span, digits))
    return _same_sign(low, lowest), _same_sign(high, highest)


def _rounded(outward: Callable[[float], int], value: float, digits: int) -> float:
    """A bound that reads well, rounded away from what was seen."""
    step: float = 10.0**-digits
    return round(outward(value / step) * step, max(digits, 0))


def _same_sign(seen: Any, bound: Any) -> Any:
    """What was never negative stays so: a price, an age."""
    return type(bound)(0) if (seen >= 0 > bound) or (seen <= 0 < bound) else bound


def _few(values: Any) -> tuple[Any, ...] | None:
    """The values of a column of words that has few."""
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        found = list(values.cat.categories)
    elif pd.api.types.is_string_dtype(values.dtype) or values.dtype == object:
        held = values.dropna()
        try:
            found = sorted(held.unique())
        except TypeError:  # lists in it, or values of several types
            return None
        if len(found) * OFTEN > len(held):
            return None
    else:
        return None
    fits = 0 < len(found) <= FEW and all(_can_be_written(value) for value in found)
    return tuple(found) if fits else None


def _can_be_written(value: object) -> bool:
    return type(value) is str and not any("\ud800" <= char <= "\udfff" for char in value)
