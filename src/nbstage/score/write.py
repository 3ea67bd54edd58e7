"""Rows with their predictions, as parts of a file and as the file made of them."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstage.bundle.nouns import Output
from nbstage.errors import UserError
from nbstage.score.nouns import BadRow, Form

if TYPE_CHECKING:
    import pyarrow as pa

_ENDINGS: dict[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}

# Any: cells of files, and pyarrow has no types of its own.
Columns = dict[str, Any]


def form_of(path: Path) -> Form:
    """The format that a file's ending names. Raises UserError for others."""
    try:
        return _ENDINGS[path.suffix.lower()]
    except KeyError:
        raise UserError(
            f"'{path}' has the ending '{path.suffix}', which names no format",
            f"these do: {', '.join(_ENDINGS)}.",
        ) from None


def text_of(form: Form, columns: Columns, delimiter: str = ",") -> bytes:
    """The lines of a part: CSV without its header, or JSON lines."""
    names = [*columns]
    rows = zip(*(columns[name] for name in names), strict=True)
    if form == "jsonl":
        lines = (_as_json(dict(zip(names, row, strict=True))) for row in rows)
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(
        [_cell(value) for value in row] for row in rows
    )
    return file.getvalue().encode("utf-8", "backslashreplace")


def header_of(names: Sequence[str], delimiter: str = ",") -> bytes:
    """The first line of a CSV file."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerow(names)
    return file.getvalue().encode()


def delimiter_of(path: Path) -> str:
    """What stands between the cells of such a file."""
    return "\t" if path.suffix.lower() == ".tsv" else ","


def bad_text(rows: Sequence[BadRow]) -> bytes:
    """Bad rows as JSON lines. Rows are counted from 1."""
    lines = []
    for row in rows:
        said = [{"field": field, "problem": problem} for field, problem in row.problems]
        data = {"row": row.row + 1, "problems": said, "values": row.values}
        lines.append(json.dumps(data, default=str) + "\n")
    return "".join(lines).encode()


def arrow_table(columns: Columns, outputs: tuple[Output, ...]) -> pa.Table:
    """A part in Parquet's terms: each part has the same types, whatever is in it."""
    import pyarrow as pa

    kinds = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "text": pa.string(),
        "time": pa.string(),
    }
    of_output = {output.name: kinds[output.kind] for output in outputs}
    arrays = [
        values
        if isinstance(values, pa.Array)
        else pa.array(values, of_output.get(name, pa.int64() if name == "row" else pa.string()))
        for name, values in columns.items()
    ]
    return pa.table(arrays, names=[*columns])


def as_texts(values: Sequence[Any]) -> list[str | None]:
    """Cells for a column of texts: what is none becomes JSON, and half a character its escape."""
    texts = [value if isinstance(value, str | None) else _as_json(value) for value in values]
    return [text and text.encode("utf-8", "backslashreplace").decode() for text in texts]


def put(path: Path, content: bytes) -> None:
    """Write a small file whole: after a crash it is there as it should be, or not at all."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def join(form: Form, parts: Sequence[Path], target: Path, header: bytes) -> None:
    """Make one file of the parts, a part at a time."""
    if form == "parquet":
        _join_parquet(parts, target)
        return
    with target.open("wb") as file:
        file.write(header)
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _join_parquet(parts: Sequence[Path], target: Path) -> None:
    import pyarrow.parquet as pq

    first = pq.read_schema(parts[0])
    with closing(pq.ParquetWriter(target, first, compression="zstd")) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part, schema=first))


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return _as_json(value) if isinstance(value, dict | list) else value


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
