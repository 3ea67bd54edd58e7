"""What came of a trace."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.model import CellFacts, Facts, Problem
from nbstage.trace.run import Failure


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts of one cell, with the cell's number and its stage; "" if it belongs to none."""

    cell: int
    stage: str
    facts: CellFacts


@dataclass(frozen=True, slots=True)
class Traced:
    """What a notebook's run showed. Nothing is kept if it came to no end.

    `problems` are why it could not be run, or not be planned; `planned`: what crosses is known.
    `changed`: the file with the facts is new or another one.
    """

    notebook: str
    seen: tuple[Seen, ...] = ()
    facts: Facts | None = None
    failure: Failure | None = None
    failed_stage: str = ""
    problems: tuple[Problem, ...] = ()
    planned: bool = False
    changed: bool = False

    @property
    def ok(self) -> bool:
        """Whether the notebook was run to its end."""
        return self.facts is not None and self.failure is None
