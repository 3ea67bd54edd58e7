"""What a batch of predictions is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Form = Literal["csv", "jsonl", "parquet"]

# Any: cells of files.


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file: `first` counts from 0, `columns` has the cells of those that are read.

    `broken` says of rows, by their number in the chunk, why they can't be read at all; `as_text`
    whether numbers are written out.
    """

    first: int
    count: int
    columns: Mapping[str, Any]
    as_text: bool
    broken: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row without a prediction: its number in the file from 0, what is wrong, and its cells."""

    row: int
    problems: tuple[tuple[str, str], ...]
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of a file: its rows, those that were bad, and the files that were written."""

    rows: int
    bad: int
    output: Path
    bad_rows: Path | None
    resumed: int = 0
    problems: Sequence[tuple[str, int]] = ()
