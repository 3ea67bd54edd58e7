"""Whether the path predicts for the test rows what the notebook predicted for them.

The table of predictions that reports and the gate judge by is what the users of a version believe
of it: a path that gives others serves another model than was judged.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbstage.bundle.predictor import plain_rows
from nbstage.bundle.same import CLOSE, same
from nbstage.compare.table import Scored, Unusable, read_scored
from nbstage.policy import Predicted

_MANY = 400
_ENDINGS = (".csv", ".tsv", ".parquet")


# Any: tables of pandas.
def disagreement(root: Path, said: Predicted, table: Any, run: Callable[[Any], Any]) -> str:
    """How the path's predictions differ from those that are stored; "" where they are the same, or
    none are stored for rows of this table.
    """
    path = said.path or _only_table(root)
    if not path or not (root / path).is_file():
        return ""
    try:
        stored = read_scored(root / path, path, said, "the pipeline")
    except (Unusable, OSError):
        return ""  # the report tells of it
    rows = _rows_of(table, stored)
    if rows is None:
        return ""
    found = plain_rows(run(rows.reset_index(drop=True)))
    wanted = stored.score.loc[list(rows.index)].tolist()
    agreed = {name: _agreeing(found, name, wanted) for name in (found[0] if found else ())}
    if not agreed or max(agreed.values()) == len(wanted):
        return ""
    best = max(agreed, key=lambda name: agreed[name])
    first = next(n for n, value in enumerate(wanted) if not _agrees(found[n][best], value))
    return (
        f"the path predicts otherwise than the pipeline did in '{path}': for '{rows.index[first]}' "
        f"'{best}' is {found[first][best]!r}, and '{stored.score.name}' there is "
        f"{wanted[first]!r}. If that table holds something else: compare = false"
    )


def _only_table(root: Path) -> str:
    found = [path for path in (root / "predictions").glob("*") if path.suffix in _ENDINGS]
    return found[0].relative_to(root).as_posix() if len(found) == 1 else ""


def _rows_of(table: Any, stored: Scored) -> Any:
    """Rows of the table that predictions are stored for, by their ids; None where no column has
    these.
    """
    ids = {str(one): one for one in stored.score.dropna().index}
    for name in table.columns:
        names = table[name].astype(str)
        if ids and names.is_unique and ids.keys() <= {*names}:
            held = table[names.isin(ids)].set_axis(names[names.isin(ids)].map(ids), axis=0)
            step = max(1, len(held) // _MANY)
            return held.iloc[::step]
    return None


def _agreeing(found: list[dict[str, Any]], name: str, wanted: list[Any]) -> int:
    pairs = zip(found, wanted, strict=True)
    return sum(_agrees(row[name], value) for row, value in pairs)


def _agrees(found: Any, stored: Any) -> bool:
    """Whether a prediction is the stored one, which may have been rounded."""
    if same(found, stored, CLOSE):
        return True
    if isinstance(found, bool) or not isinstance(found, int | float):
        return str(found) == str(stored)
    if not isinstance(stored, float):
        return False
    digits = len(repr(stored).partition(".")[2])
    return digits < 9 and "e" not in repr(stored) and round(found, digits) == stored
