"""Whether two lists of predictions are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

#: Sums over one row and over many may differ in their last digits: matrices are multiplied in
#: another order. Nothing else may.
CLOSE = 1e-9
CLOSE_IN_FLOAT32 = 1e-5


# Any: cells of tables.
def first_difference(
    found: Sequence[dict[str, Any]], expected: Sequence[dict[str, Any]], close: float = CLOSE
) -> str:
    """Where two lists of rows first differ: "" where they don't."""
    if len(found) != len(expected):
        return f"{len(found)} rows for {len(expected)}"
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        if one.keys() != other.keys():
            return f"the columns {_listed(one)} for {_listed(other)}"
        for name, value in one.items():
            if not same(value, other[name], close):
                return f"'{name}' is {value!r} for {other[name]!r} in row {number + 1}"
    return ""


def same(one: Any, other: Any, close: float = CLOSE) -> bool:
    """Whether two cells are the same; numbers may differ in their last digits."""
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(one is other)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other or math.isclose(one, other, rel_tol=close, abs_tol=close * 1e-3)
    return type(one) is type(other) and bool(one == other)


def _listed(row: dict[str, Any]) -> str:
    return ", ".join(f"'{name}'" for name in [*row][:8]) + (", ..." if len(row) > 8 else "")
