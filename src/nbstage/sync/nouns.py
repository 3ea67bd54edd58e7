"""What travels while an edited module goes back into its notebook."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.model import Change, Problem


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines `first` to `last` of a cell's source (from 1) become `lines`; with `last` before
    `first`, the lines are put in before `first`.
    """

    cell: int
    first: int
    last: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """A cell that got an edit, and the modules it came from."""

    notebook: str
    cell: int
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """What `sync` did or would do. With an error among the problems nothing is written. `left_open`
    says that edited cells leave open what a trace had told.
    """

    carried: tuple[Carried, ...] = ()
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_open: bool = False
