"""Tables as text, row by row: CSV files and plot tables."""

from __future__ import annotations

import csv
from pathlib import Path

from nbstage.runtime.same_plain import clip
from nbstage.verify.inside.close import Same

Rows = list[list[str]]
_LONGEST_FIELD = 1 << 30


def read_rows(path: Path, delimiter: str = ",") -> Rows:
    """The cells of a table as they are written. Raises OSError, ValueError or csv.Error."""
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def rows_difference(mine: Rows, yours: Rows, same: Same) -> str | None:
    """Where two tables first differ; rows are counted from 1 below the header."""
    if mine[:1] != yours[:1]:
        return f"columns {_listed(mine[:1])} became {_listed(yours[:1])}"
    for number, (row, other) in enumerate(zip(mine, yours, strict=False)):
        found = None if row == other else _row_difference(row, other, same)
        if found is not None:
            column, told = found
            named = clip(mine[0][column]) if column < len(mine[0]) else str(column + 1)
            return f"row {number}, column {named}: {told}"
    if len(mine) != len(yours):
        return f"{_count(mine)} became {_count(yours)}"
    return None


def _row_difference(row: list[str], other: list[str], same: Same) -> tuple[int, str] | None:
    for column, (cell, another) in enumerate(zip(row, other, strict=False)):
        if cell != another and not _near(cell, another, same):
            return column, f"{clip(cell)} became {clip(another)}"
    if len(row) != len(other):
        return min(len(row), len(other)), f"{len(row)} cells became {len(other)}"
    return None


def _near(cell: str, another: str, same: Same) -> bool:
    try:
        return same(float(cell), float(another))
    except ValueError:
        return False


def _listed(rows: Rows) -> str:
    return clip(", ".join(rows[0])) if rows else "(none)"


def _count(rows: Rows) -> str:
    count = max(0, len(rows) - 1)
    return f"{count} row" if count == 1 else f"{count} rows"
