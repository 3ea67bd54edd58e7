"""Large tables whose columns all hold one kind of numbers, read straight to where they stay."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbstage.runtime import bulk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Any: numpy's dtypes of every kind.
    Kind = np.dtype[Any]


def read_matrix(path: str) -> pd.DataFrame | None:
    """The table in a Parquet file, as pandas reads it; None for other tables.

    pandas has all columns twice in memory for a while, which costs more time than to read them.
    """
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        empty = bulk.without_rows(file)
        kind = _one_kind(empty)
        if kind is None:
            return None
        block = np.empty((len(empty.columns), file.metadata.num_rows), kind)
        place = {name: number for number, name in enumerate(empty.columns)}
        for name, row, found in bulk.pieces(file, list(empty.columns)):
            if found.dtype != kind:
                return None
            block[place[name], row : row + len(found)] = found
    # The index and what else a table has, as it comes with any column.
    first = pd.read_parquet(path, engine="pyarrow", columns=[empty.columns[0]], pre_buffer=False)
    table = pd.DataFrame(block.T, first.index, empty.columns, copy=False)
    table.attrs = first.attrs
    return table


def _one_kind(empty: pd.DataFrame) -> Kind | None:
    """The dtype of all columns, if it is one of numbers and there is more than one column."""
    kinds = set(empty.dtypes)
    if len(kinds) != 1 or len(empty.columns) < 2 or not bulk.are_names(empty.columns):
        return None
    (kind,) = kinds
    return kind if isinstance(kind, np.dtype) and bulk.is_number(kind) else None
