"""A column's values as somebody gives them -> as the training table has them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from nbstage.bundle.nouns import Column

# Any: values are whatever stands in a file or request, and pandas has the types of its own only.
Wrong = dict[int, str]

_LONGEST = 60
_UNIT = re.compile(r"\[(\w+)")
_INTEGER = re.compile(r"[+-]?\d{1,40}")
_NO_NUMBER = frozenset({"na", "nan", "null"})
_TRUTHS = {"true": True, "false": False}


class _Unfit(ValueError):
    """Why a value can't stand in a column."""


@dataclass(frozen=True, slots=True)
class _Taker:
    """What takes the values of one column."""

    column: Column
    of_kind: Callable[[Any], Any]
    known: frozenset[str]
    as_text: bool


def convert(column: Column, values: Sequence[Any], *, as_text: bool) -> tuple[Any, Wrong]:
    """The values as a column of its dtype, and what is wrong with others, by position.

    With `as_text` numbers and truth values may be written out, as in CSV, where an empty cell is a
    missing value. A wrong value's place holds one that can be stored.
    """
    known = frozenset(column.categories) if column.fixed else frozenset[str]()
    take = _Taker(column, _of_kind(column, as_text=as_text), known, as_text)
    fit: list[Any] = []
    wrong: Wrong = {}
    seen: dict[str, Any] = {}  # texts that fit: most columns have few different ones
    for position, value in enumerate(values):
        if type(value) is str and value in seen:
            fit.append(seen[value])
            continue
        try:
            fit.append(_one(take, value))
        except _Unfit as why:
            wrong[position] = str(why)
            fit.append(None)
        else:
            if type(value) is str:
                seen[value] = fit[-1]
    if wrong:
        fit = [_filler(column) if number in wrong else value for number, value in enumerate(fit)]
    return array(column, fit), wrong


def array(column: Column, values: list[Any]) -> Any:
    """Values that fit, as a column of its dtype. Those missing are None.

    No Series where an array does: to make a table of arrays takes a quarter of the time, and that
    is much for one row.
    """
    import pandas as pd

    if column.dtype.startswith("category"):
        ordered = column.dtype == "category ordered"
        kind = pd.CategoricalDtype([*column.categories], ordered)
        return pd.Categorical(values, dtype=kind)
    if column.kind == "time":
        zoned = "," in column.dtype
        times: Any = pd.to_datetime(pd.Series(values, dtype=object), utc=zoned)
        return times.astype(column.dtype).array
    if column.dtype == "object":  # of an array of texts pandas would make a column of its texts
        found = [float("nan") if value is None else value for value in values]
        return pd.Series(found, dtype="object")
    return pd.array(values, dtype=_dtype(column.dtype))


@cache
def _dtype(name: str) -> Any:
    """What pandas has for the name, which it takes long to find."""
    import pandas as pd

    return pd.api.types.pandas_dtype(name)


def _filler(column: Column) -> Any:
    """Something in the place of a wrong value, whose row goes no further."""
    fillers = {"integer": 0, "number": 0.0, "boolean": False, "text": "", "time": None}
    if column.dtype.startswith("category"):
        return None
    return fillers[column.kind]


def _one(take: _Taker, value: Any) -> Any:
    column = take.column
    if _is_missing(value) or (take.as_text and _says_missing(column, value)):
        if not column.missing:
            raise _Unfit("is missing")
        return None
    fit = take.of_kind(value)
    if column.fixed and fit not in take.known:
        raise _Unfit(f"is {shown(value)}, and not {_choice(column.categories)}")
    return fit


def _says_missing(column: Column, value: Any) -> bool:
    """Whether a cell of a CSV file stands for a missing value: an empty one, `NaN` for a number."""
    return value == "" or (column.kind == "number" and str(value).strip().lower() in _NO_NUMBER)


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return type(value).__name__ in ("NAType", "NaTType")


def _of_kind(column: Column, *, as_text: bool) -> Callable[[Any], Any]:
    match column.kind:
        case "integer":
            low, high = _range(column.dtype)
            return lambda value: _integer(value, low, high, as_text=as_text)
        case "number":
            narrow = column.dtype.lower() == "float32"
            return lambda value: _number(value, as_text=as_text, narrow=narrow)
        case "boolean":
            return lambda value: _truth(value, as_text=as_text)
        case "text":
            return _text
        case "time":
            zoned, unit = "," in column.dtype, _UNIT.search(column.dtype)
            return lambda value: _time(value, unit[1] if unit else "ns", zoned=zoned)


def _range(dtype: str) -> tuple[int, int]:
    unsigned, bits = dtype.lower().startswith("u"), int(re.sub(r"\D", "", dtype) or 64)
    return (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _integer(value: Any, low: int, high: int, *, as_text: bool) -> int:
    found = value
    if as_text and isinstance(value, str):
        written = value.strip()
        found = int(written) if _INTEGER.fullmatch(written) else _written_number(value)
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int):
        raise _Unfit(f"is {shown(value)}, and not a whole number")
    if not low <= found <= high:
        raise _Unfit(f"is {shown(value)}, and not between {low} and {high}")
    return found


def _number(value: Any, *, as_text: bool, narrow: bool) -> float:
    found = _written_number(value) if as_text and isinstance(value, str) else value
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        raise _Unfit(f"is {shown(value)}, and not a number")
    try:
        number = float(found)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or (narrow and abs(number) > 3.4e38):
        raise _Unfit(f"is {shown(value)}, and not a finite number")
    return number


def _written_number(value: str) -> Any:
    """A number as a file has it; Python would take `1_000` and `infinity` for numbers too."""
    try:
        return value if "_" in value else float(value)
    except ValueError:
        return value


def _truth(value: Any, *, as_text: bool) -> bool:
    if isinstance(value, bool):
        return value
    if as_text and isinstance(value, str) and value.strip().lower() in _TRUTHS:
        return _TRUTHS[value.strip().lower()]
    if type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise _Unfit(f"is {shown(value)}, and neither true nor false")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unfit(f"is {shown(value)}, and not a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _Unfit("is a text with characters that are none") from None
    return value


def _time(value: Any, unit: str, *, zoned: bool) -> Any:
    """A time that a column of this unit ("ns", "s"...) can hold; texts are ISO 8601."""
    import pandas as pd

    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError:
            found = value
    if not isinstance(found, date):
        raise _Unfit(f"is {shown(value)}, and not a time such as '2026-01-31T12:00:00'")
    try:
        time = pd.Timestamp(found).as_unit(unit, round_ok=False)  # type: ignore[arg-type]
    except (OverflowError, pd.errors.OutOfBoundsDatetime):
        raise _Unfit(f"is {shown(value)}, which is too far away") from None
    except ValueError:
        raise _Unfit(f"is {shown(value)}, finer than the training table's times") from None
    if zoned and time.tzinfo is None:
        raise _Unfit(f"is {shown(value)}, without its distance from UTC such as '+01:00'")
    if not zoned and time.tzinfo is not None:
        raise _Unfit(f"is {shown(value)}, in a time zone, which the training table's times are not")
    return time


def shown(value: Any) -> str:
    """A value in a message: short, on one line, texts in quotes."""
    text = value if isinstance(value, str) else repr(value)
    plain = "".join(char if char.isprintable() else "?" for char in text[: _LONGEST + 1])
    cut = plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}..."
    return f"'{cut}'" if isinstance(value, str) else cut


def _choice(categories: tuple[str, ...]) -> str:
    listed = [shown(one) for one in categories[:12]]
    if len(categories) > len(listed):
        return f"one of {', '.join(listed)}... ({len(categories)} in all)"
    return f"one of {', '.join(listed)}" if listed[1:] else listed[0] if listed else "anything"
