"""The nouns of the gate."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.compare.nouns import Comparison


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was asked: what, what it is, what it has to be, and why it matters or what to
    do. `met` is None for what is told and not judged.
    """

    met: bool | None
    what: str
    value: str
    limit: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not asked this time, whatever the policy says; it is told."""

    rerun: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Gated:
    """All that was asked, and the comparison that it was asked of."""

    lines: tuple[Line, ...]
    comparison: Comparison

    @property
    def ok(self) -> bool:
        return all(line.met is not False for line in self.lines)
