"""A file of rows -> a file of predictions: chunk by chunk, so that any size fits in memory."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbstage.bundle.nouns import Bundle
from nbstage.bundle.predictor import Predictor
from nbstage.errors import UserError
from nbstage.score.chunk import output_columns, picked, predict_chunk
from nbstage.score.nouns import BadRow, Chunk, Form, Scored
from nbstage.score.parts import (
    Done,
    Parts,
    identity,
    job_of,
    parts_folder,
    parts_of,
    throw_away,
)
from nbstage.score.read import Source, opened, unreadable
from nbstage.score.write import (
    arrow_table,
    as_texts,
    bad_text,
    delimiter_of,
    form_of,
    header_of,
    join,
    put,
    text_of,
)

#: Rows that are in memory at once.
SIZE = 20_000

Told = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is scored with what, and which of the file's own columns are kept."""

    predictor: Predictor
    source: Path
    output: Path
    form: Form
    kept: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def bundle(self) -> Bundle:
        return self.predictor.bundle


def score(
    predictor: Predictor,
    source: Path,
    output: Path,
    *,
    force: bool = False,
    size: int = SIZE,
    told: Told = lambda rows, share: None,
) -> Scored:
    """Write the predictions for all rows of a file, in their order, and bad rows to a file beside.

    What a run that was ended left is used. `output` is there whole or not at all. `told` hears how
    many rows are done, and which share of the file. Raises UserError for files that can't be read
    or written, or have not the columns that are needed.
    """
    check_files(source, output, force=force)
    with _writing(output):
        return _score(predictor, source, output, form_of(output), size, told)


def bad_rows_path(output: Path) -> Path:
    """Where the bad rows of an output are told."""
    return output.with_name(f"{output.name}.bad.jsonl")


def _score(
    predictor: Predictor, source: Path, output: Path, form: Form, size: int, told: Told
) -> Scored:
    before = _identity(source)
    with parts_of(output, job_of(predictor.bundle, source, output, size)) as parts:
        done = parts.finished()
        resumed = sum(one.rows for one in done)
        with opened(source, form_of(source), size, len(done)) as rows:
            kept = _kept(predictor.bundle, source, rows)
            names = tuple(output.name for output in predictor.bundle.outputs)
            batch = _Batch(predictor, source, output, form, kept, names)
            for chunk in rows.chunks:
                done.append(_one(batch, parts, len(done), chunk))
                told(sum(one.rows for one in done), rows.share())
        if not done:
            raise UserError(f"'{source}' has no rows", "there is nothing to predict.")
        if _identity(source) != before:
            raise UserError(
                f"'{source}' has changed while it was read", "run the same command again."
            )
        bad = _finish(batch, parts, done)
        throw_away(parts)
    problems = sum((Counter(one.problems) for one in done), Counter[str]())
    rows_done = sum(one.rows for one in done)
    return Scored(rows_done, sum(one.bad for one in done), output, bad, resumed, _most(problems))


def _most(problems: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(problems.items(), key=lambda item: (-item[1], item[0]))[:10])


def _one(batch: _Batch, parts: Parts, number: int, chunk: Chunk) -> Done:
    """Score a chunk and put it away."""
    table, bad = predict_chunk(batch.predictor, chunk)
    good = [int(row) for row in table.index]
    columns: dict[str, Any] = {}
    if "row" not in batch.kept:
        columns["row"] = [chunk.first + row + 1 for row in good]
    for name in batch.kept:
        cells = chunk.columns.get(name, [None] * chunk.count)
        columns[name] = _as_kept(batch.form, picked(cells, good))
    columns |= output_columns(table) if good else {name: [] for name in batch.names}
    _write(batch, parts.rows(number), columns)
    put(parts.bad(number), bad_text(bad))
    done = Done(chunk.count, len(bad), _counted(bad))
    parts.finish(number, done)
    return done


def _as_kept(form: Form, cells: Any) -> Any:
    """Cells of the file's own as the output can hold them."""
    arrow = hasattr(cells, "to_pylist")
    if arrow and form == "parquet":
        return cells
    listed = cells.to_pylist() if arrow else cells
    plain = [None if value != value else value for value in listed]  # JSON has no NaN
    return as_texts(plain) if form == "parquet" else plain


def _counted(bad: list[BadRow]) -> dict[str, int]:
    """How often each field was wrong."""
    fields = Counter(field for row in bad for field in {field for field, _ in row.problems})
    return dict(sorted(fields.items()))


def _write(batch: _Batch, path: Path, columns: dict[str, Any]) -> None:
    if batch.form == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(arrow_table(columns, batch.bundle.outputs), path, compression="zstd")
        return
    put(path, text_of(batch.form, columns, delimiter_of(batch.output)))


def _finish(batch: _Batch, parts: Parts, done: list[Done]) -> Path | None:
    """Make the output of its parts: the bad rows first, so that they never lack."""
    count = len(done)
    bad, told = parts.folder / "bad", bad_rows_path(batch.output)
    if any(one.bad for one in done):
        join("jsonl", [parts.bad(number) for number in range(count)], bad, b"")
        bad.replace(told)
    else:
        told.unlink(missing_ok=True)
    header = b""
    if batch.form == "csv":
        own = () if "row" in batch.kept else ("row",)
        header = header_of((*own, *batch.kept, *batch.names), delimiter_of(batch.output))
    whole = parts.folder / "whole"
    join(batch.form, [parts.rows(number) for number in range(count)], whole, header)
    whole.replace(batch.output)
    return told if told.exists() else None


def _kept(bundle: Bundle, source: Path, rows: Source) -> tuple[str, ...]:
    """The file's columns that go into the output as they are: those that the path doesn't take.

    Raises UserError where the file lacks some that it takes.
    """
    needed = [column.name for column in bundle.columns]
    if form_of(source) != "jsonl" and (missing := [one for one in needed if one not in rows.names]):
        listed = ", ".join(f"'{name}'" for name in missing)
        raise UserError(
            f"'{source}' has no column {listed}",
            f"the path takes {', '.join(needed)}; the file has {', '.join(rows.names)}.",
        )
    kept = tuple(name for name in rows.names if name not in needed)
    clashes = [output.name for output in bundle.outputs if output.name in kept]
    if clashes:
        listed = ", ".join(f"'{name}'" for name in clashes)
        raise UserError(
            f"'{source}' has a column {listed} already, as the predictions are called",
            "rename it, or leave it out.",
        )
    return kept


def _identity(source: Path) -> str:
    try:
        return identity(source)
    except OSError as error:
        raise unreadable(source, error) from None


def check_files(source: Path, output: Path, *, force: bool) -> None:
    """Raise UserError for files that can't be scored, as far as that is seen without reading."""
    form_of(output)
    if not source.is_file():
        raise UserError(f"there is no file '{source}'", "name a file with rows.")
    form_of(source)
    if output.exists() and output.samefile(source):
        raise UserError(f"'{output}' is the input itself", "name another file for the output.")
    if output.exists() and not force and not parts_folder(output).exists():
        raise UserError(f"'{output}' is there already", "--force writes it anew.")


@contextmanager
def _writing(output: Path) -> Iterator[None]:
    """Tell of a full disk or a missing folder in one message."""
    try:
        yield
    except OSError as error:
        again = "run the same command again: it goes on where it stopped."
        hint = f"make room and {again}" if error.errno == errno.ENOSPC else f"mend that and {again}"
        raise UserError(f"'{output}' can't be written: {error.strerror or error}", hint) from None
