"""How a service is to behave, and what it asks of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nbstage.bundle.nouns import Bundle, Checked

if TYPE_CHECKING:
    import pandas as pd


#: How many connections may wait to be accepted.
BACKLOG = 2048


class Predicts(Protocol):
    """What a service needs: `nbstage.bundle.Predictor` is one."""

    @property
    def bundle(self) -> Bundle: ...

    def check(self, rows: Sequence[object]) -> Checked: ...

    def predict(self, table: pd.DataFrame) -> pd.DataFrame: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may cost: bytes of its body, rows, seconds to arrive and to be answered.

    `waiting` is how many requests may wait for a worker's turn.
    """

    body: int = 4_000_000
    rows: int = 10_000
    seconds: float = 30.0
    waiting: int = 100


@dataclass(frozen=True, slots=True)
class Logging:
    """Where predictions are logged (None: nowhere), and which fields of a row with them.

    A file takes `file_bytes`; the oldest files go when all take more than `all_bytes`.
    """

    folder: Path | None = None
    fields: tuple[str, ...] = ()
    file_bytes: int = 50_000_000
    all_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """How a service runs. `tokens` is the file with the tokens' hashes; `told` further ones, from
    the environment. `open` lets everybody in, from this machine alone.

    `socket` is where it listens as well as at its port: what passes requests on comes in there.
    `shadow_file` says, as long as it is there, where copies of requests go.

    `drain` are the seconds for which it goes on to answer when it is told to stop, so that what
    sends requests to it learns of it.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    tokens: Path | None = None
    told: str = ""
    open: bool = False
    drain: float = 1.0
    limits: Limits = field(default_factory=Limits)
    logging: Logging = field(default_factory=Logging)
    shadow_file: Path | None = None
    socket: Path | None = None
