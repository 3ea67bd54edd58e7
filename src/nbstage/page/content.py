"""The first rows, lines or pixels of a file, by its ending. Nothing is unpickled, ever."""

from __future__ import annotations

import ast
import base64
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from nbstage.page.nouns import Glimpse

ROWS, COLUMNS, LINES, CHARS, NUMBERS = 6, 10, 24, 48, 60
_HEAD = 65_536
_LARGEST_IMAGE = 600_000
_LARGEST_TEXT = 1_000_000

_SIGNS = {
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg"),
    ".gif": (b"GIF8", "image/gif"),
    ".svg": (b"<", "image/svg+xml"),
}
_CODE = ("pickle", "a pickle runs code when it is read: not opened")
_RUNS_CODE = (".joblib", ".pkl", ".pickle", ".pt", ".pth", ".cloudpickle")


def look_into(file: Path, ending: str, size: int) -> Glimpse:
    """A look into a regular file. Raises OSError, and ValueError for content that is no such."""
    if ending in _RUNS_CODE:
        return Glimpse("", about=_CODE[1])
    reader = READERS.get(ending)
    return reader(file, size) if reader else Glimpse("")


def _table(file: Path, size: int) -> Glimpse:
    text = _head(file)
    delimiter = "\t" if file.suffix.lower() == ".tsv" else ","
    try:
        found = list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), ROWS + 2))
        count = sum(1 for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row) - 1
    except csv.Error:
        return _lines(file, size)
    if size > _HEAD and len(found) < ROWS + 2:
        found = found[:-1]
    if not found:
        return Glimpse("", about="empty")
    whole = size <= _HEAD
    rows = f"{_number(count)} rows, " if whole else ""
    about = f"{rows}{_number(len(found[0]))} columns"
    return Glimpse("", None, about, _row(found[0]), tuple(map(_row, found[1 : ROWS + 1])))


def _parquet(file: Path, size: int) -> Glimpse:
    """Through pyarrow alone: pandas is not asked, and pyarrow 15 and later unpickle nothing."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return Glimpse("", about="pyarrow is not installed: not opened")
    if int(pyarrow.__version__.partition(".")[0]) < 15:
        return Glimpse("", about="pyarrow before 15 may unpickle: not opened")
    try:
        with parquet.ParquetFile(file, buffer_size=_HEAD) as table:
            names = [str(name) for name in table.schema_arrow.names]
            shape = f"{_number(table.metadata.num_rows)} rows, {_number(len(names))} columns"
            kept = names[:COLUMNS]
            batch = next(table.iter_batches(batch_size=ROWS, columns=kept), None)
            values = [column.to_pylist() for column in batch.columns] if batch is not None else []
            types = [f"{name}\n{table.schema_arrow.field(name).type}" for name in kept]
    except (pyarrow.ArrowException, ImportError, KeyError, MemoryError, OverflowError):
        return Glimpse("", about="not a Parquet file that pyarrow can read")
    rows = tuple(_row(map(_shown, row)) for row in zip(*values, strict=True))
    return Glimpse("", None, shape, _row(types, len(names)), rows)


def _json(file: Path, size: int) -> Glimpse:
    if size > _LARGEST_TEXT:
        return _lines(file, size)
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        text = json.dumps(data, indent=2, ensure_ascii=False)
        numbers = tuple(islice(_numbers("", data), NUMBERS))
    except RecursionError:
        raise ValueError("nested too deep") from None
    return Glimpse("", text=_cut(text), numbers=numbers)


def _numbers(name: str, value: object) -> Iterator[tuple[str, int | float]]:
    """The numbers in nested dicts, named as DVC names them: `slices.old.accuracy`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield name or "value", value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(f"{name}.{key}" if name else str(key), item)


def _lines(file: Path, size: int) -> Glimpse:
    return Glimpse("", text=_cut(_head(file)))


def _array(file: Path, size: int) -> Glimpse:
    """The head of an npy file: a dict as Python writes it."""
    with file.open("rb") as stream:
        start = stream.read(12)
        if start[:6] != b"\x93NUMPY":
            raise ValueError("no npy file")
        wide = start[6] > 1
        length = int.from_bytes(start[8:12] if wide else start[8:10], "little")
        if length > _HEAD:
            raise ValueError("no npy file")
        stream.seek(12 if wide else 10)
        try:
            head = ast.literal_eval(stream.read(length).decode("latin-1").strip())
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError("no npy file") from None
    if not isinstance(head, dict):
        raise ValueError("no npy file")
    return Glimpse("", about=_clip(f"array of {head.get('descr')}, shape {head.get('shape')}"))


def _image(file: Path, size: int) -> Glimpse:
    sign, kind = _SIGNS[file.suffix.lower()]
    if size > _LARGEST_IMAGE:
        return Glimpse("", about="too large to be shown here")
    content = file.read_bytes()
    if not content.lstrip().startswith(sign):
        raise ValueError("no picture")
    encoded = base64.b64encode(content).decode("ascii")
    return Glimpse("", image=f"data:{kind};base64,{encoded}")


READERS: dict[str, Callable[[Path, int], Glimpse]] = {
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _parquet,
    ".json": _json,
    ".txt": _lines,
    ".md": _lines,
    ".log": _lines,
    ".yaml": _lines,
    ".npy": _array,
    **dict.fromkeys(_SIGNS, _image),
}


def _head(file: Path) -> str:
    with file.open("rb") as stream:
        return stream.read(_HEAD).decode("utf-8-sig", "replace")


def _row(values: Iterable[str], count: int = 0) -> tuple[str, ...]:
    found = [_clip(value) for value in values]
    more = max(count, len(found)) - COLUMNS
    return (*found[:COLUMNS], f"+{more} more") if more > 0 and count else tuple(found[:COLUMNS])


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)[: CHARS + 1]


def _clip(text: str) -> str:
    return text if len(text) <= CHARS else text[: CHARS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _cut(text: str) -> str:
    lines = text[:20_000].splitlines()
    kept = [line[:160] for line in lines[:LINES]]
    return "\n".join([*kept, "..."] if len(lines) > LINES else kept)


def _number(value: int) -> str:
    return f"{value:,}"
