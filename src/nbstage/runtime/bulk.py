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
    labels = list(table.columns)
    if type(table.columns) is not pd.Index or len(set(labels)) < len(labels):
        return []
    if not all(type(label) is str and "." not in label for label in labels):  # a.b: b within a
        return []
    kinds = {name: kind for name, kind in zip(labels, table.dtypes, strict=True) if _plain(kind)}
    large = len(table) * sum(kind.itemsize for kind in kinds.values()) >= LARGE
    return list(kinds) if large else []


def _plain(kind: object) -> bool:
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
    """Whether the file gives back the columns' labels, and the dtypes of the numbers.

    Both depend on the schema alone: it is read with no rows below it.
    """
    import pyarrow as pa
    from pyarrow import parquet

    schema, sink = file.schema_arrow, pa.BufferOutputStream()
    parquet.write_table(schema.empty_table(), sink)
    back = pd.read_parquet(pa.BufferReader(sink.getvalue()), engine="pyarrow")
    return difference(table.columns, back.columns) is None and all(
        difference(table[name].dtype, back[name].dtype) is None for name in names
    )


def _same_numbers(table: pd.DataFrame, names: list[str], file: Any) -> bool:
    columns = {name: table[name].to_numpy() for name in names}
    row = 0
    for number in range(file.num_row_groups):
        size = file.metadata.row_group(number).num_rows
        for first in range(0, len(names), TOGETHER):
            asked = names[first : first + TOGETHER]
            group = file.read_row_group(number, columns=asked)
            if group.column_names != asked or group.num_rows != size:
                return False
            parts = [columns[name][row : row + size] for name in asked]
            if not all(map(_same, parts, group.columns)):
                return False
        row += size
    return row == len(table)


def _same(values: Array, column: Any) -> bool:
    """Whether these are the same numbers, and none of them missing but not-a-numbers."""
    row = 0
    for chunk in column.chunks:
        found = chunk.to_numpy(zero_copy_only=False)
        if difference(values[row : row + len(found)], found) is not None:
            return False
        row += len(found)
    return row == len(values)


def _parts(table: pd.DataFrame, names: list[str]) -> list[object]:
    """What two tables may differ in, but for their labels and the columns that are not named."""
    flags = table.flags.allows_duplicate_labels
    return [table.shape[0], table.index, table.attrs, flags, [table[name] for name in names]]
