"""Whether a worker takes requests: the one value that changes, as its server comes and goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Standing:
    """`leaving`: no new requests, please; `stuck`: a prediction doesn't end."""

    leaving: bool = False
    stuck: bool = False

    @property
    def ready(self) -> bool:
        """Whether requests are welcome."""
        return not (self.leaving or self.stuck)

    def be_stuck(self) -> None:
        """Say that a prediction doesn't end."""
        self.stuck = True
