"""A table of predictions -> its columns, checked; and the rows that two such tables share."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.policy import Predicted

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    "id": ("id", "row_id", "index"),
    "label": ("label", "y_true", "target", "actual", "truth"),
    "score": ("score", "prediction", "probability", "y_score", "y_pred", "predicted", "proba"),
}
# What pandas and pyarrow raise for files that are not what their names say.
_BROKEN = (ValueError, NotImplementedError, LookupError, TypeError, OverflowError, MemoryError)
_TRUTH = {"True": True, "true": True, "False": False, "false": False}
_MOST_VALUES = 30  # a column of text with more values is no slice


class Unusable(Exception):
    """Why predictions can't be compared, for the user to read."""


@dataclass(frozen=True, slots=True)
class Scored:
    """Predictions of one version by id. `slices` are the columns whose values make slices, `named`
    says which column the predictions were in.
    """

    label: pd.Series
    score: pd.Series
    slices: pd.DataFrame
    named: str


def read_scored(file: Path, path: str, said: Predicted, whose: str) -> Scored:
    """The predictions in a CSV or Parquet file. Raises Unusable, and OSError."""
    table = _read(file, path, said.id)
    named = {key: _column(table, path, key, getattr(said, key)) for key in _NAMES}
    ids = table[named["id"]]
    if ids.isna().any():
        raise Unusable(f"{whose} has {int(ids.isna().sum()):,} rows in '{path}' without an id")
    if not ids.is_unique:
        again = ids[ids.duplicated()].iloc[0]
        count = int(ids.duplicated().sum())
        raise Unusable(
            f"{whose} has ids in '{path}' that stand twice ({count:,} rows, the first is "
            f"'{again}'): rows can't be told apart"
        )
    table = table.set_index(named["id"], drop=True)
    label, slices = table[named["label"]], _slices(table, said, path, {*named.values()})
    if label.isna().any():
        raise Unusable(f"{whose} has {int(label.isna().sum()):,} rows in '{path}' without a label")
    column = f"{whose}: column '{named['score']}' of '{path}'"
    return Scored(label, table[named["score"]], slices, column)


def numbers(column: pd.Series, whose: str) -> pd.Series:
    """A column as finite numbers. Raises Unusable."""
    import numpy as np
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise Unusable(f"{whose} has {wrong:,} rows without a finite number")
    return values


def _read(file: Path, path: str, ids: str) -> pd.DataFrame:
    import pandas as pd

    ending = posixpath.splitext(path)[1].lower()
    try:
        if ending == ".parquet":
            table = pd.read_parquet(file)
            return table.reset_index() if table.index.name is not None else table
        separator = "\t" if ending == ".tsv" else ","
        return _typed(pd.read_csv(file, sep=separator, dtype=str, keep_default_na=False), ids)
    except ImportError as error:
        raise Unusable(f"'{path}' can't be read: {error}") from None
    except _BROKEN as error:
        first = str(error).partition("\n")[0]
        raise Unusable(f"'{path}' is no table that can be read: {first}") from None


def _typed(table: pd.DataFrame, ids: str) -> pd.DataFrame:
    """Texts as numbers, or as True and False, where all of a column are; empty cells are missing.

    Ids stay texts: 007 and 7 are two.
    """
    import pandas as pd

    kept = table.mask(table == "")
    for name in kept.columns:
        if name == ids or (not ids and name in _NAMES["id"]):
            continue
        numbers = pd.to_numeric(kept[name], errors="coerce")
        if (numbers.notna() | kept[name].isna()).all():
            kept[name] = numbers
        elif kept[name].isin(_TRUTH).all():
            kept[name] = kept[name].map(_TRUTH)
    return kept


def _column(table: pd.DataFrame, path: str, key: str, said: str) -> str:
    names = [str(name) for name in table.columns]
    wanted = (said,) if said else _NAMES[key]
    found = next((name for name in wanted if name in names), None)
    if found is None or names.count(found) > 1:
        listed = " or ".join(f"'{name}'" for name in wanted[:3])
        what = "stands twice" if found else f"is missing; the columns are {', '.join(names[:12])}"
        raise Unusable(
            f"'{path}': the column {listed} for the {key} {what}. "
            f'[tool.nbstage.report] {key} = "..." names another'
        )
    return found


def _slices(table: pd.DataFrame, said: Predicted, path: str, taken: set[str]) -> pd.DataFrame:
    """The columns that were named, or all other columns of text or truth with few values."""
    from pandas.api import types

    if said.slices is not None:
        missing = [name for name in said.slices if name not in table.columns]
        if missing:
            raise Unusable(f"'{path}' has no column '{missing[0]}' to make slices by")
        return table[list(said.slices)]
    kept = [
        name
        for name in table.columns
        if name not in taken
        and (not types.is_numeric_dtype(table[name]) or types.is_bool_dtype(table[name]))
        and 1 < table[name].nunique() <= _MOST_VALUES
    ]
    return table[kept]
