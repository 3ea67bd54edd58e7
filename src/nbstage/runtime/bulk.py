"""Tables of numbers: stored without work that gains nothing, large ones proved with little memory.

What is new to a process has to be given to it page by page, which with gigabytes takes longer than
to read or to compare them: so a file is proved in pieces, and not by a second table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbstage.runtime.same import difference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    # Any: arrays of every dtype, and pyarrow, which has no types.
    Array = np.ndarray[Any, np.dtype[Any]]

LARGE = 2**25  # bytes of numbers, from which on it is worth it
SAMPLE = 8192  # values that are looked at, of a small table fewer
TOGETHER = 8  # columns that are read at once, a million rows each


def encodings(table: pd.DataFrame) -> dict[str, object]:
    """How to write a table with Parquet: what has no pattern is not searched for one.

    Numbers that are all different get no dictionary, and in a large table those that zstd doesn't
    make smaller are stored as they are. It depends on the values alone, so that the same table
    always has the same bytes.
    """
    columns = _numbers(table)
    different = {name for name, values in columns.items() if _are_different(values)}
    if not different or not all(map(_flat, (table[name] for name in table.columns))):
        return {"compression": "zstd"}
    names = [*table.columns, *_index_names(table)]
    others = [name for name in names if name not in different]
    tried = different if _are_large(columns) else ()
    plain = {name for name in tried if _is_not_made_smaller(columns[name])}
    if not plain:
        return {"compression": "zstd", "use_dictionary": others}
    codecs = {name: "zstd" for name in names if name not in plain}
    return {
        "compression": {**codecs, **dict.fromkeys(sorted(plain), "none")},
        "use_dictionary": others,
    }


def proved(table: pd.DataFrame, path: str) -> bool:
    """Whether a Parquet file surely gives the table back as it is; False where that is left open.

    Labels are read without rows and numbers in groups of rows; all else at once, as always.
    """
    from pyarrow import parquet

    columns = _numbers(table)
    if not _are_large(columns):
        return False
    with parquet.ParquetFile(path) as file:
        if not (_same_labels(table, columns, file) and _same_numbers(columns, file)):
            return False
    # One at least: the index and what else a table has comes with it.
    others = [name for name in table.columns if name not in columns] or [*columns][:1]
    back = pd.read_parquet(path, engine="pyarrow", columns=others, pre_buffer=False)
    return difference(_parts(table, others), _parts(back, others)) is None


def _numbers(table: pd.DataFrame) -> dict[str, Array]:
    """The columns of numpy's numbers, by their names; none under odd names."""
    if not are_names(table.columns):
        return {}
    found = zip(table.columns, table.dtypes, strict=True)
    return {name: table[name].to_numpy() for name, kind in found if is_number(kind)}


def _are_large(columns: Mapping[str, Array]) -> bool:
    """Whether these are so many bytes that it is worth it."""
    return bool(columns) and sum(values.nbytes for values in columns.values()) >= LARGE


def are_names(labels: pd.Index[Any]) -> bool:
    """Whether Parquet has the columns under their own labels. To it, `a.b` is `b` within `a`."""
    plain = all(type(label) is str and "." not in label for label in labels)
    return plain and type(labels) is pd.Index and labels.is_unique


def is_number(kind: object) -> bool:
    """Whether values of a dtype are numpy's and come back from Parquet as what they are."""
    return isinstance(kind, np.dtype) and kind.str[1:] in KINDS


KINDS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")


def _are_different(values: Array) -> bool:
    """Whether a dictionary would not make numbers smaller, by two samples of them."""
    if values.itemsize < 4 or not len(values):
        return False
    size = min(SAMPLE, max(64, len(values) // 16))
    samples = (_near(values, size), values[:: max(1, len(values) // size)])
    return all(len(np.unique(sample)) >= 0.97 * len(sample) for sample in samples)


def _is_not_made_smaller(values: Array) -> bool:
    """Whether zstd gains nothing, by a sample."""
    import pyarrow as pa

    near = np.ascontiguousarray(_near(values, SAMPLE))
    return len(pa.Codec("zstd").compress(near.tobytes(), asbytes=True)) > 0.9 * near.nbytes


def _near(values: Array, size: int) -> Array:
    """Neighbours from the middle."""
    middle = max(0, len(values) // 2 - size // 2)
    return values[middle : middle + size]


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


def _same_labels(table: pd.DataFrame, names: Iterable[str], file: Any) -> bool:
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


def _same_numbers(columns: Mapping[str, Array], file: Any) -> bool:
    rows = len(next(iter(columns.values())))
    return file.metadata.num_rows == rows and all(
        difference(columns[name][row : row + len(found)], found) is None
        for name, row, found in pieces(file, [*columns])
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
