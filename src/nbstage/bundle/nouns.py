"""What a bundle is, and what is said of rows that it can't predict."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["integer", "number", "boolean", "text", "time"]
#: A value of a row as JSON has it; times are ISO 8601 texts.
Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a row has to have.

    `dtype` is pandas' name for it in the training table. `categories` are the values seen there,
    where these are few; with `fixed` the path takes no others. `missing` says whether a value may
    be missing (null, an empty cell).
    """

    name: str
    kind: Kind
    dtype: str
    categories: tuple[str, ...] = ()
    fixed: bool = False
    missing: bool = False
    example: Plain = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the predictions; `missing` says whether a prediction may be missing."""

    name: str
    kind: Kind
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the path, as its module `pipeline.STAGE` runs in the bundle.

    `takes` are the artifacts that it loads, `rows` which of them is the table of rows in its
    place, `gives` the artifact that goes on.
    """

    stage: str
    takes: tuple[str, ...]
    rows: str
    gives: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is needed to predict with one version, as a folder: `open_bundle` has checked its files.

    `steps` run in this order; then the estimator in the file `estimator`, if there is one ("" if
    the last step gives the predictions). `passed` are the columns that it gets, none for all.
    `examples` are rows made up from typical values, `expected` their predictions where the bundle
    was made. `pickles` are the files whose reading may run any code, `trusted` the types that were
    reviewed beyond those that nbstage knows. `notes` are sentences for people.
    """

    folder: Path
    model: str
    version: str | None
    commit: str | None
    columns: tuple[Column, ...]
    outputs: tuple[Output, ...]
    steps: tuple[Step, ...] = ()
    estimator: str = ""
    passed: tuple[str, ...] = ()
    examples: tuple[dict[str, Plain], ...] = ()
    expected: tuple[dict[str, Plain], ...] = ()
    pickles: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    python: str = ""
    notes: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)

    @property
    def example(self) -> dict[str, Plain]:
        """A row to show: made up from typical values, and nobody's own."""
        return {column.name: column.example for column in self.columns}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a row, which counts from 0; `field` is "" for all of it."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that can be predicted, as the table the path takes, and what is wrong with others.

    The table's index has the numbers of its rows, from 0, as they were given.
    """

    table: pd.DataFrame
    faults: tuple[Fault, ...] = ()
