"""What `nbstage contract` did about each table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Did(Enum):
    CREATED = "create"
    UPDATED = "update"
    KEPT = "keep"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Written:
    """A contract and what became of it.

    `diff` is how the contract that was there differs from the table that is stored now.
    """

    path: str
    artifact: str
    did: Did
    columns: int
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A table that can't have a contract, and why."""

    artifact: str
    why: str
