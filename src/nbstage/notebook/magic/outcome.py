"""What may become of a magic or shell line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drop:
    """Nothing is left of it: it only shows or sets what a pipeline doesn't have."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The user's own code is left of it; `own_scope` where its names don't reach the notebook."""

    source: str
    own_scope: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """A call of one of the runtime's functions, with the same effect."""

    source: str


@dataclass(frozen=True, slots=True)
class Installation:
    """Packages that the project needs."""

    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """It can't be kept; the hint says what to do."""

    what: str
    hint: str


Outcome = Drop | Statement | Expression | Installation | Refusal
