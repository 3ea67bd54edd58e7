"""The nouns of a verification: what is compared, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nbstage.model import Change, Problem


class Kind(Enum):
    """What kind of thing is compared."""

    VALUE = "value"
    METRIC = "metric"
    TABLE = "plot table"
    FILE = "file"


class Verdict(Enum):
    """What came of a comparison.

    Not reproducible is what differs between two runs of the notebook itself. Not compared is what
    could not be read on one of the sides.
    """

    EQUAL = "equal"
    DIFFERS = "differs"
    NOT_REPRODUCIBLE = "not reproducible"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two floats may be apart: `atol + rtol * abs(the notebook's)`."""

    rtol: float = 0.0
    atol: float = 0.0

    @property
    def exact(self) -> bool:
        return self.rtol == 0 and self.atol == 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a stage hands on and the notebook has too: after the cell `cell`, by its last change.

    `path` is where the pipeline stores it, relative to the root: an artifact, the metrics' JSON
    file, or the folder of the plot tables.
    """

    stage: str
    kind: Kind
    names: tuple[str, ...]
    cell: int
    path: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was compared. `detail` says where it first differs, the notebook's first."""

    stage: str
    kind: Kind
    name: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A run that ended early: `who` is "notebook" or "pipeline", `text` what it showed."""

    who: str
    stage: str
    cell: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Unseeded:
    """A call whose result no seed governs, where it stands, and why it varies."""

    cell: int
    line: int
    call: str
    why: str


@dataclass(frozen=True, slots=True)
class Draws:
    """A stage that draws from global generators ("numpy", "random", "torch") which no seed governs.

    Its run in the pipeline began with the state that the notebook has there.
    """

    stage: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of one notebook. After a failure nothing was compared.

    `left_out` are files that only cells outside of the pipeline wrote; `unseeded` is filled where
    something is not reproducible; `draws` are told in any case.
    """

    notebook: str
    failure: Failed | None = None
    findings: tuple[Finding, ...] = ()
    left_out: tuple[str, ...] = ()
    unseeded: tuple[Unseeded, ...] = ()
    draws: tuple[Draws, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether both runs came to their end and everything is equal."""
        return self.failure is None and all(
            found.verdict is Verdict.EQUAL for found in self.findings
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of all notebooks asked for. Nothing was run where there is an error among the
    `problems`, or where the pipeline is out of step: `stale` is what `convert` would change.
    """

    notebooks: tuple[Verified, ...] = ()
    problems: tuple[Problem, ...] = ()
    stale: tuple[Change, ...] = ()

    @property
    def ok(self) -> bool:
        return bool(self.notebooks) and all(verified.ok for verified in self.notebooks)
