"""The nouns of a comparison: what each version has, and what came of it. `old` is the baseline."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from nbstage.compare.locked import Locked
from nbstage.policy import Direction


@dataclass(frozen=True, slots=True)
class Side:
    """One version of a project: a folder with its files, as far as they could be had, what its
    dvc.yaml and dvc.lock say, why a file is missing, and where its links may lead: DVC's cache.
    """

    name: str
    folder: Path
    locked: Locked
    missing: dict[str, str] = field(default_factory=dict)
    caches: tuple[Path, ...] = ()


class Judgement(Enum):
    """What came of a number. `CHANGED` is one of which nobody said which way is better."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "unchanged"
    CHANGED = "changed"
    ADDED = "new"
    GONE = "gone"
    NO_NUMBER = "no number"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of both versions; None where one has none. NaN and infinity are what they are.

    `called` is its name, with its file where another file has a metric of that name. `unread`: the
    baseline may have it, and metrics of the baseline can't be read.
    """

    path: str
    name: str
    old: float | None
    new: float | None
    direction: Direction
    judgement: Judgement
    renamed_to: str = ""
    called: str = ""
    unread: bool = False

    @property
    def change(self) -> float | None:
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that differs, its values as text; None where one version has none."""

    path: str
    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of a file: its hash and size from dvc.lock; of a table the rows and columns
    with their types, "" where the file names none; `missing` says why nobody could look.
    """

    hash: str
    size: int | None = None
    rows: int | None = None
    columns: dict[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of data, or one that a stage made, that differs; None where one version has none.

    `stage` is the one that makes it, "" for data. `schema` says what became of its columns.
    """

    path: str
    stage: str
    old: Content | None
    new: Content | None
    schema: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A module that differs, with the lines added and removed; None where a text is missing."""

    path: str
    stages: tuple[str, ...]
    added: int | None
    removed: int | None


class Fate(Enum):
    """What became of a stage."""

    SAME = "unchanged"
    CHANGED = "ran again"
    ADDED = "new"
    GONE = "removed"
    NOT_RUN = "still to run"


@dataclass(frozen=True, slots=True)
class StageChange:
    """A stage with what is the reason that it ran again. `seconds` are those of its notebook's last
    trace, None if there is none.
    """

    name: str
    fate: Fate
    why: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot of one version: a picture as a data address, or curves (x and y) by name."""

    image: str = ""
    curves: tuple[tuple[str, tuple[tuple[float, float], ...]], ...] = ()
    x: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of both versions; None where one has none."""

    path: str
    old: Drawn | None
    new: Drawn | None
    same: bool


class Verdict(Enum):
    """What the predictions show."""

    BETTER = "better"
    WORSE = "worse"
    NO_EVIDENCE = "no evidence of a difference"
    UNKNOWN = "can't be said"


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of old and new predictions of the same rows. `low` and `high` bound the difference
    (new - old) with the comparison's confidence; `p` is that of `test`.
    """

    measure: str
    direction: Direction
    old: float
    new: float
    low: float
    high: float
    p: float
    test: str
    verdict: Verdict

    @property
    def change(self) -> float:
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class Slice:
    """The primary measure in the rows with one value of a column; without `found`, `why` not.

    Its verdict goes by the p-value adjusted for all slices, its interval is of this slice alone.
    """

    column: str
    value: str
    rows: int
    found: Difference | None
    adjusted: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Both versions' predictions compared. Nothing was where `failure` says why; `absent` if it is
    that the baseline has none yet. `same_rows`: ids and labels are the same in both;
    `slices_changed` says which of the baseline's slices are gone or others.
    """

    path: str
    failure: str = ""
    absent: bool = False
    task: str = ""
    rows: int = 0
    rarer: int | None = None
    resamples: int = 0
    confidence: float = 0.95
    primary: str = ""
    differences: tuple[Difference, ...] = ()
    slices: tuple[Slice, ...] = ()
    warnings: tuple[str, ...] = ()
    same_rows: bool = True
    slices_changed: str = ""

    @property
    def deciding(self) -> Difference | None:
        """The measure that decides."""
        return next((one for one in self.differences if one.measure == self.primary), None)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is compared with: a commit, how it was chosen, or why there is none."""

    commit: str = ""
    chosen: str = ""
    none: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between a baseline and the files as they lie there."""

    baseline: Baseline
    current: str
    metrics: tuple[Metric, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    stages: tuple[StageChange, ...] = ()
    code: tuple[CodeChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    plots: tuple[Plot, ...] = ()
    predictions: Predictions | None = None
    locked: Locked = field(default_factory=Locked)
    notes: tuple[str, ...] = ()
