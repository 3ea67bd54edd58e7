"""Batches of predictions: how many rows a second, and whether memory stays the same. Writes its
table into docs/score.md.

    python -m benchmarks.scoring [ROWS]

The model is the example's own: 120 trees behind an encoder, and the stage that adds features.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.cpu import Failed
from benchmarks.figures import NBSTAGE
from benchmarks.projects import ROOT
from benchmarks.table import between_marks
from nbstage.bundle import make
from nbstage.config import read_settings

PAGE = ROOT / "docs" / "score.md"
ROWS = 1_000_000
TABLE = "artifacts/clean/customers.parquet"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of `nbstage score`: rows, seconds of the CPU, which other work on the machine changes
    little, and peak memory in MB.
    """

    form: str
    rows: int
    cpu: float
    peak: float


def measure(folder: Path, most: int) -> Iterator[Measured]:
    """The example's customers over and over, scored in every format; `folder` is empty."""
    bundle = folder / "bundle"
    make(ROOT, bundle, serve=read_settings(ROOT).serve)
    for form, rows in (("parquet", most // 10), ("parquet", most), ("csv", most), ("jsonl", most)):
        source, output = folder / f"in.{form}", folder / f"out.{form}"
        # What a process has taken counts for those that it starts: it is to stay small.
        writing = get_context("spawn").Process(target=_write, args=(source, rows))
        writing.start()
        writing.join()
        yield _timed(bundle, source, output, form, rows)
        source.unlink()


def as_markdown(found: list[Measured]) -> str:
    """The table, and where it came about."""
    lines = [
        "| file | rows | rows a CPU second | CPU s | peak memory |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.form} | {one.rows:,} | {one.rows / one.cpu:,.0f} | {one.cpu:.1f} "
        f"| {one.peak:.0f} MB |"
        for one in found
    ]
    where = f"Python {platform.python_version()} on {platform.system()}, {platform.machine()}"
    return "\n".join([*lines, "", f"Start-up included; one run each, {where}."])


def _timed(bundle: Path, source: Path, output: Path, form: str, rows: int) -> Measured:
    command = [NBSTAGE, "score", str(bundle), str(source), str(output), "--allow-pickle", "--force"]
    running = os.posix_spawn(NBSTAGE, command, os.environ)
    _, status, usage = os.wait4(running, 0)
    if status:
        raise Failed(" ".join(command))
    return Measured(form, rows, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _write(path: Path, rows: int) -> None:
    import pandas as pd

    table: Any = pd.read_parquet(ROOT / TABLE).drop(columns="churn")
    table = pd.concat([table] * (rows // len(table) + 1), ignore_index=True).iloc[:rows]
    match path.suffix:
        case ".parquet":
            table.to_parquet(path)
        case ".csv":
            table.to_csv(path, index=False)
        case _:
            table.to_json(path, orient="records", lines=True)


def main() -> None:
    """Measure, and put the table into the page."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        table = as_markdown(list(measure(Path(folder), most)))
    print(table)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(between_marks(text, table), encoding="utf-8")


if __name__ == "__main__":
    main()
