"""Large tables of numbers: stored without work that gains nothing, proved with little memory.

What is new to a process has to be given to it page by page, which with gigabytes takes longer than
to read or to compare them: so a file is proved in pieces, and not by a second table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbstage.runtime.same import difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    # Any: arrays of every dtype, and pyarrow, which has no types.
    Array = np.ndarray[Any, np.dtype[Any]]

LARGE = 2**25  # bytes of numbers, from which on it is worth it
SAMPLE = 8192
TOGETHER = 8  # columns that are read at once, a million rows each


def encodings(table: pd.DataFrame) -> dict[str, object]:
    """How to write a table with Parquet: what has no pattern is not searched for one.

    It depends on the values alone, so that the same table always has the same bytes.
    """
    numbers = _numbers(table)
    odd = {name for name in numbers if _without_pattern(table[name].to_numpy())}
    if not odd or not all(map(_flat, (table[name] for name in table.columns))):
        return {"compression": "zstd"}
    others = [name for name in (*table.columns, *_index_names(table)) if name not in odd]
    codecs = {**dict.fromkeys(others, "zstd"), **dict.fromkeys(sorted(odd), "none")}
    return {"compression": codecs, "use_dictionary": others}


def proved(table: pd.DataFrame, path: str) -> bool:
    """Whether a Parquet file surely gives the table back as it is; False where that is left open.

    Labels are read without rows and numbers in groups of rows; all else at once, as always.
    """
    from pyarrow import parquet

    names = _numbers(table)
    if not names:
        return False
    with parquet.ParquetFile(path) as file:
        if not (_same_labels(table, names, file) and _same_numbers(table, names, file)):
            return False
    # One at least: the index and what else a table has comes with it.
    others = [name for name in table.columns if name not in set(names)] or names[:1]
    back = pd.read_parquet(path, engine="pyarrow", columns=others, pre_buffer=False)
    return difference(_parts(table, others), _parts(back, others)) is None


def _numbers(table: pd.DataFrame) -> list[str]:
    """The names of the columns of numpy's numbers, if these are many; none under odd names."""
    if not are_names(table.columns):
        return []
    found = zip(table.columns, table.dtypes, strict=True)
    kinds = {name: kind for name, kind in found if is_number(kind)}
    large = len(table) * sum(kind.itemsize for kind in kinds.values()) >= LARGE
    return list(kinds) if large else []


def are_names(labels: pd.Index[Any]) -> bool:
    """Whether Parquet has the columns under their own labels. To it, `a.b` is `b` within `a`."""
    plain = all(type(label) is str and "." not in label for label in labels)
    return plain and type(labels) is pd.Index and labels.is_unique


def is_number(kind: object) -> bool:
    """Whether values of a dtype are numpy's and come back from Parquet as what they are."""
    return isinstance(kind, np.dtype) and kind.str[1:] in KINDS


KINDS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")


def _without_pattern(values: Array) -> bool:
    """Whether neither a dictionary nor zstd would make numbers smaller, by two samples of them."""
    import pyarrow as pa

    if values.itemsize < 4:
        return False
    middle = max(0, len(values) // 2 - SAMPLE // 2)
    near = np.ascontiguousarray(values[middle : middle + SAMPLE])
    far = values[:: max(1, len(values) // SAMPLE)]
    if any(len(np.unique(sample)) < 0.97 * len(sample) for sample in (near, far)):
        return False
    return len(pa.Codec("zstd").compress(near.tobytes(), asbytes=True)) > 0.9 * near.nbytes


def _flat(column: pd.Series[Any]) -> bool:
    """Whether Parquet makes one column of it, by the name it has."""
    if column.dtype == object:
        return all(isinstance(value, str) for value in column.iloc[:SAMPLE].dropna())
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    return column.dtype.kind in "biufmM" or isinstance(column.dtype, pd.StringDtype)


def _index_names(table: pd.DataFrame) -> list[str]:
    """Under which names Parquet may hold the index."""
    levels = enumerate(table.index.names)
    return [name for n, label in levels for name in (str(label), f"__index_level_{n}__")]


def _same_labels(table: pd.DataFrame, names: list[str], file: Any) -> bool:
    """Whether the file gives back the columns' labels, and the dtypes of the numbers."""
    back = without_rows(file)
    return difference(table.columns, back.columns) is None and all(
        difference(table[name].dtype, back[name].dtype) is None for name in names
    )


def without_rows(file: Any) -> pd.DataFrame:
    """What pandas makes of a Parquet file's schema, on which labels alone depend."""
    import pyarrow as pa
    from pyarrow import parquet

    sink = pa.BufferOutputStream()
    parquet.write_table(file.schema_arrow.empty_table(), sink)
    return pd.read_parquet(pa.BufferReader(sink.getvalue()), engine="pyarrow")


def _same_numbers(table: pd.DataFrame, names: list[str], file: Any) -> bool:
    columns = {name: table[name].to_numpy() for name in names}
    return file.metadata.num_rows == len(table) and all(
        difference(columns[name][row : row + len(found)], found) is None
        for name, row, found in pieces(file, names)
    )


def pieces(file: Any, names: list[str]) -> Iterator[tuple[str, int, Array]]:
    """A Parquet file's numbers in pieces: the column, the row it begins at, and the piece.

    Missing ones are not a number, and make another dtype of what can't hold that.
    """
    row = 0
    for number in range(file.num_row_groups):
        for first in range(0, len(names), TOGETHER):
            group = file.read_row_group(number, columns=names[first : first + TOGETHER])
            for name in group.column_names:
                at = row
                for chunk in group.column(name).chunks:
                    yield name, at, chunk.to_numpy(zero_copy_only=False)
                    at += len(chunk)
        row += file.metadata.row_group(number).num_rows


def _parts(table: pd.DataFrame, names: list[str]) -> list[object]:
    """What two tables may differ in, but for their labels and the columns that are not named."""
    flags = table.flags.allows_duplicate_labels
    return [table.shape[0], table.index, table.attrs, flags, [table[name] for name in names]]
