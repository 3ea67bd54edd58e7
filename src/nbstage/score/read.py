"""Files of rows, read in chunks: CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from nbstage.errors import UserError
from nbstage.score.nouns import Chunk, Form

#: A cell of a CSV file may be that long.
_LONGEST_CELL = 1 << 24

# Any: cells of files.


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: its columns' names, its chunks in order, and how much of it has been read."""

    names: tuple[str, ...]
    chunks: Iterator[Chunk]
    share: Callable[[], float]


@contextmanager
def opened(path: Path, form: Form, size: int, skip: int) -> Iterator[Source]:
    """A file to be read in chunks of `size` rows, without the first `skip` chunks.

    Raises UserError where it can't be read, here or at any chunk.
    """
    openers = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    with _reading(path):
        file = path.open("rb")
    with file:
        with _reading(path):
            source = openers[form](path, file, size, skip)
        yield replace(source, chunks=_guarded(path, source.chunks))


def _guarded(path: Path, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    while True:
        with _reading(path):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> UserError:
    """What is the matter with a file of rows."""
    if isinstance(error, UnicodeDecodeError):
        why = "it is not UTF-8 text"
    else:
        why = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
    return UserError(f"'{path}' can't be read: {why}", "look at the file and its permissions.")


def _csv(path: Path, file: IO[bytes], size: int, skip: int) -> Source:
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = "\t" if path.name.lower().endswith(".tsv") else ","
    rows = csv.reader(_lines(file, newline=""), delimiter=delimiter)
    names = tuple(next(rows, ()))
    if not names:
        raise UserError(f"'{path}' is empty", "its first line has to name the columns.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        listed = ", ".join(f"'{name}'" for name in twice)
        raise UserError(f"'{path}' has several columns called {listed}", "rename them.")
    return Source(names, _csv_chunks(rows, names, size, skip), _share(path, file))


def _csv_chunks(rows: Any, names: tuple[str, ...], size: int, skip: int) -> Iterator[Chunk]:
    width = len(names)
    full = (row for row in rows if row)
    first = sum(1 for _ in islice(full, skip * size))
    while taken := list(islice(full, size)):
        broken = {
            number: f"has {len(row)} cells, and the header {width}"
            for number, row in enumerate(taken)
            if len(row) != width
        }
        for number in broken:
            taken[number] = (taken[number] + [""] * width)[:width]
        columns = dict(zip(names, map(list, zip(*taken, strict=True)), strict=True))
        yield Chunk(first, len(taken), columns, as_text=True, broken=broken)
        first += len(taken)


def _jsonl(path: Path, file: IO[bytes], size: int, skip: int) -> Source:
    lines = (line for line in _lines(file) if line.strip())
    start = next(lines, None)
    if start is None:
        raise UserError(f"'{path}' is empty", "each of its lines has to be a JSON object.")
    head, _ = _object(start)
    names = tuple(head or ())

    def every() -> Iterator[str]:
        yield start
        yield from lines

    return Source(names, _jsonl_chunks(every(), size, skip), _share(path, file))


def _jsonl_chunks(lines: Iterator[str], size: int, skip: int) -> Iterator[Chunk]:
    first = sum(1 for _ in islice(lines, skip * size))
    while taken := list(islice(lines, size)):
        read = [_object(line) for line in taken]
        broken = {number: why for number, (_, why) in enumerate(read) if why}
        rows = [row or {} for row, _ in read]
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: [row.get(name) for row in rows] for name in names}
        yield Chunk(first, len(rows), columns, as_text=False, broken=broken)
        first += len(rows)


def _object(line: str) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, or why there is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, f"is no JSON: {str(error)[:100]}"
    return (value, "") if isinstance(value, dict) else (None, "is no JSON object")


def _parquet(path: Path, file: IO[bytes], size: int, skip: int) -> Source:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, error) from None
    names = tuple(table.schema_arrow.names)
    if len(set(names)) < len(names):
        raise UserError(f"'{path}' has several columns with one name", "rename them.")
    total = max(table.metadata.num_rows, 1)
    done = [0]

    def chunks() -> Iterator[Chunk]:
        try:
            for number, batch in enumerate(table.iter_batches(batch_size=size)):
                count = batch.num_rows
                if number >= skip and count:
                    columns = {name: batch.column(name) for name in names}
                    yield Chunk(done[0], count, columns, as_text=False)
                done[0] += count
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from None

    return Source(names, chunks(), lambda: done[0] / total)


def _lines(file: IO[bytes], newline: str | None = None) -> IO[str]:
    import io

    return io.TextIOWrapper(file, encoding="utf-8-sig", newline=newline)


def _share(path: Path, file: IO[bytes]) -> Callable[[], float]:
    size = max(path.stat().st_size, 1)
    raw = getattr(file, "raw", file)
    return lambda: 1.0 if raw.closed else min(raw.tell() / size, 1.0)
