"""The nouns of tagging: what is proposed for a cell, and for a notebook."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.errors import UserError
from nbstage.model import Problem, Role


@dataclass(frozen=True, slots=True)
class Guess:
    """What one code cell is taken for.

    `stage` is the stage of its section: the cell's own where its role is STAGE, else the one that
    it would be part of. `given` says that the cell carries tags already, which stay,
    `idle` that it only shows something and might be skipped as well.
    """

    cell: int
    role: Role
    stage: str
    why: str
    metrics: bool = False
    plots: bool = False
    given: bool = False
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One code cell of the table: the tags it has, those proposed, why, and the stage that it
    belongs to in the end ("" for none).
    """

    cell: int
    has: tuple[str, ...]
    adds: tuple[str, ...]
    stage: str
    why: str
    line: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A notebook with the tags proposed for it, and what `nbstage check` says of it with them.

    `before` and `after` are the file's text without and with the proposed tags; `refusal` says why
    the file can't hold them.
    """

    notebook: str
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    before: str = ""
    after: str = ""
    readable: bool = True
    refusal: UserError | None = None
