"""The files of one version, opened with care: their names and content are a stranger's."""

from __future__ import annotations

import csv
import posixpath
import stat
from pathlib import Path, PurePosixPath

from nbstage.compare.nouns import Side

_LARGEST_TEXT = 10_000_000
_LARGEST_TABLE = 200_000_000


def file_of(side: Side, path: str) -> Path:
    """A regular file of this version. Raises OSError where it isn't there, or lies elsewhere.

    DVC may have linked it to its cache, which is elsewhere, but holds nothing else.
    """
    if posixpath.isabs(path) or "\0" in path or ".." in path.split("/"):
        raise OSError(0, "it lies outside of the project")
    file = side.folder / path
    try:
        target = file.resolve()
        info = target.stat()
    except RuntimeError:
        raise OSError(0, "it is a link to itself") from None
    if not any(target.is_relative_to(home.resolve()) for home in (side.folder, *side.caches)):
        raise OSError(0, "it is a link to what lies outside of the project")
    if not stat.S_ISREG(info.st_mode):
        raise OSError(0, "it is no regular file")
    return file


def why_missing(side: Side, path: str) -> str:
    """Why a file, or the folder that it was in, is not there; "" if nobody knows."""
    above = (path, *(str(folder) for folder in PurePosixPath(path).parents))
    return next((side.missing[one] for one in above if one in side.missing), "")


def text_of(side: Side, path: str) -> str:
    """A text of this version. Raises OSError, and ValueError where it is none."""
    file = file_of(side, path)
    if file.stat().st_size > _LARGEST_TEXT:
        raise ValueError(f"it has more than {_LARGEST_TEXT:,} bytes")
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


def reason(error: Exception) -> str:
    """Why something can't be read."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def shape_of(file: Path, path: str) -> tuple[int | None, dict[str, str]]:
    """How many rows a table has, and its columns with their types, "" where the file names none.

    Nothing for a file that is no table. Raises OSError, and ValueError for one that is broken.
    """
    ending = posixpath.splitext(path)[1].lower()
    if ending == ".parquet":
        return _parquet(file)
    if ending in (".csv", ".tsv") and file.stat().st_size <= _LARGEST_TABLE:
        return _csv(file, "\t" if ending == ".tsv" else ",")
    return None, {}


def _csv(file: Path, delimiter: str) -> tuple[int | None, dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            rows = csv.reader(stream, delimiter=delimiter)
            head = next(rows, [])
            return sum(1 for row in rows if row), dict.fromkeys(head, "")
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _parquet(file: Path) -> tuple[int | None, dict[str, str]]:
    """Through pyarrow alone, and without a look at a single value."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return None, {}
    try:
        with parquet.ParquetFile(file) as table:
            columns = {str(field.name): str(field.type) for field in table.schema_arrow}
            return int(table.metadata.num_rows), columns
    except pyarrow.ArrowException as error:
        raise ValueError(str(error).partition("\n")[0]) from None
