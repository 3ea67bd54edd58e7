# ruff: noqa: PTH122, PTH123 - pathlib would double what importing the runtime takes
"""Values between stages in files that run no code when they are read: `safe = true`.

Parquet, npy, npz, JSON and skops, each told by what is in the file as well as by its name. There
is no pickle to fall back to: what these can't hold stops the stage.
"""

from __future__ import annotations

import os

from nbstage.runtime.errors import CannotStore, StageError
from nbstage.runtime.places import fresh
from nbstage.runtime.values import lost_by, picked, read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from nbstage.runtime.formats import Reader, Writer

# The beginnings of files; JSON has none of its own.
_SIGNS = {".parquet": b"PAR1", ".npy": b"\x93NUMPY", ".npz": b"PK", ".json": b"", ".skops": b"PK"}


def save(value: object, path: str, *, contract: str = "") -> None:
    """Store a value so that `load(path)` gives an equal one of the same type, in any process.

    Raises CannotStore where the format that the extension names would not give it back as it is,
    and StageError where a table breaks its `contract`.
    """
    if contract:
        from nbstage.runtime.keeps import keep

        keep(value, path, contract)
    name, write, _ = _format(path)
    with fresh(path) as temporary:
        lost = lost_by(value, temporary, write, lambda place: _read(place, path))
        if lost is not None:
            raise CannotStore(
                f"'{path}' can't be stored: {name} would not give the value back as it is "
                f"({lost}), and `safe = true` allows no pickle. Hand on plain data or a table, do "
                "this work in one stage, or leave out `safe` from [tool.nbstage]."
            )


def load(path: str, *names: str) -> Any:
    """The value that `save` stored; with names, what a stored dict holds under them.

    Raises StageError where the file is missing or damaged, or is not what its name says.
    """
    return picked(read_file(path, lambda place: _read(place, path)), path, names)


def _format(path: str) -> tuple[str, Writer, Reader]:
    """The name of the format that a path's extension names, how to write it and how to read it."""
    from nbstage.runtime.formats import reader_of, writer

    extension = os.path.splitext(path)[1]
    if extension not in _SIGNS:
        raise StageError(
            f"'{path}' is no file for `safe = true`, which takes {', '.join(sorted(_SIGNS))}. "
            "Run `nbstage convert`."
        )
    return *writer(path), reader_of(extension)


def _read(place: str, path: str) -> Any:
    """What the file at `place` holds, if that is what the name `path` says."""
    name, _, read = _format(path)
    extension = os.path.splitext(path)[1]
    with open(place, "rb") as file:
        start = file.read(6)
        if start[:1] == b"\x80" or not start.startswith(_SIGNS[extension]):
            held = "a pickle, which could run any code" if start[:1] == b"\x80" else f"no {name}"
            raise StageError(
                f"'{path}' is not read: it holds {held}. No stage with `safe = true` wrote it: "
                "find out who did, then write it anew with `dvc repro --force`."
            )
        file.seek(0)
        if extension == ".parquet":
            _check_arrow()
        return _sparse(file, read) if extension == ".npz" else read(file)


def _check_arrow() -> None:
    """Up to 14.0.0, pyarrow itself unpickles what a Parquet file asks for (CVE-2023-47248)."""
    import pyarrow

    if int(pyarrow.__version__.partition(".")[0]) < 15:
        raise StageError(
            f"`safe = true` needs pyarrow 15 or later, and this is {pyarrow.__version__}: "
            "older ones may run code that a Parquet file brings along."
        )


def _sparse(file: BinaryIO, read: Reader) -> Any:
    """A sparse matrix whose places are all in bounds.

    scipy believes what a file says of them, and would read memory that is not its own.
    """
    from zipfile import ZipFile

    from nbstage.runtime.skops_files import check_parts

    with ZipFile(file) as archive:
        check_parts(archive, (), (".npy",))
    file.seek(0)
    value = read(file)
    if hasattr(value, "check_format"):
        value.check_format(full_check=True)
    return value
