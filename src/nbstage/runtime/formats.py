# ruff: noqa: PTH122, PTH123 - pathlib would double what importing the runtime takes
"""Files of a stage by format: what each takes, and how it is read."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    # Any: what a file gives back is known to nobody here.
    Writer = Callable[[Any, str], None]
    Reader = Callable[[BinaryIO], Any]


class Unsuited(ValueError):
    """The format has no place for this value."""


def writer(path: str) -> tuple[str, Writer]:
    """The format that a path's extension names, and how to write it; a pickle for all others."""
    from nbstage.runtime.pickled import write_pickle

    known = {
        ".parquet": ("Parquet", _write_parquet),
        ".npy": ("npy", _write_npy),
        ".npz": ("npz", _write_npz),
        ".json": ("JSON", _write_json),
        ".skops": ("skops", _write_skops),
    }
    return known.get(os.path.splitext(path)[1], (PICKLE, write_pickle))


PICKLE = "pickle"


def read(path: str) -> Any:
    """The value in a file, by what the file begins with and not by its name."""
    with open(path, "rb") as file:
        start = file.read(6)
        file.seek(0)
        return _reader(start, path)(file)


def reader_of(extension: str) -> Reader:
    """How to read the format that an extension names: no pickle among them."""
    return {
        ".parquet": _read_parquet,
        ".npy": _read_npy,
        ".npz": _read_npz,
        ".json": _read_json,
        ".skops": _read_skops,
    }[extension]


def _reader(start: bytes, path: str) -> Reader:
    from nbstage.runtime.pickled import read_pickle

    magic = {
        b"PAR1": _read_parquet,
        b"\x93NUMPY": _read_npy,
        b"PK": _read_zip,
        b"\x80": read_pickle,
    }
    for sign, reader in magic.items():
        if start.startswith(sign):
            return reader
    return _read_joblib if path.endswith(".joblib") else _read_json


def _write_parquet(value: Any, path: str) -> None:
    pandas = sys.modules.get("pandas")
    if pandas is None or type(value) is not pandas.DataFrame:
        raise Unsuited("it is no pandas DataFrame")
    if not _by_columns(value):
        raise Unsuited("its columns do not lie in memory one after the other")
    from nbstage.runtime.bulk import encodings

    value.to_parquet(path, engine="pyarrow", **encodings(value))


def _by_columns(table: Any) -> bool:
    """Whether the numbers lie as Parquet gives them back: the last digit of sums depends on it."""
    from nbstage.runtime.arrays import lies_plainly

    blocks = getattr(getattr(table, "_mgr", None), "blocks", ())
    arrays = (block.values for block in blocks)
    return all(lies_plainly(array) for array in arrays if hasattr(array, "strides"))


def _read_parquet(file: BinaryIO) -> Any:
    import pandas as pd

    # By its path: reading through a Python file, Arrow's threads may outlive the interpreter and
    # abort it.
    if os.fstat(file.fileno()).st_size >= LARGE:
        from nbstage.runtime.matrix import read_matrix

        table = read_matrix(file.name)
        if table is not None:
            return table
    # Not the whole file before all else: that takes its size in memory once more.
    return pd.read_parquet(file.name, engine="pyarrow", pre_buffer=False)


LARGE = 2**22  # bytes in a file


def _write_npy(value: Any, path: str) -> None:
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray:
        raise Unsuited("it is no numpy array")
    from nbstage.runtime.arrays import in_order

    if not in_order(value):
        raise Unsuited("its elements lie in memory in an order of their own")
    with open(path, "wb") as file:
        numpy.save(file, value, allow_pickle=False)


def _read_npy(file: BinaryIO) -> Any:
    import numpy as np

    return np.load(file, allow_pickle=False)


def _write_npz(value: Any, path: str) -> None:
    sparse = sys.modules.get("scipy.sparse")
    if sparse is None or not sparse.issparse(value):
        raise Unsuited("it is no sparse matrix of scipy")
    with open(path, "wb") as file:
        sparse.save_npz(file, value, compressed=False)


def _read_zip(file: BinaryIO) -> Any:
    """An npz or skops file: both are zip files."""
    from zipfile import ZipFile

    with ZipFile(file) as archive:
        names = archive.namelist()
    file.seek(0)
    return _read_skops(file) if "schema.json" in names else _read_npz(file)


def _read_npz(file: BinaryIO) -> Any:
    from scipy import sparse

    return sparse.load_npz(file)


def _write_skops(value: Any, path: str) -> None:
    from nbstage.runtime.skops_files import write_skops

    write_skops(value, path)


def _read_skops(file: BinaryIO) -> Any:
    from nbstage.runtime.skops_files import read_skops

    return read_skops(file)


def _write_json(value: Any, path: str) -> None:
    import json

    if _twice(value):
        raise Unsuited("a list or dict stands in it twice")
    text = json.dumps(value, ensure_ascii=False)
    with open(path, "wb") as file:
        file.write(text.encode() + b"\n")


def _twice(value: object) -> bool:
    """Whether one list or dict is met twice: JSON would make two of it, which then change apart."""
    seen: set[int] = set()
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, (dict, list)):
            if id(item) in seen:
                return True
            seen.add(id(item))
            left.extend(item.values() if isinstance(item, dict) else item)
    return False


def _read_json(file: BinaryIO) -> Any:
    import json

    return json.load(file)


def _read_joblib(file: BinaryIO) -> Any:
    import joblib

    return joblib.load(file)
