"""What a place that serves a model is, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbstage.errors import UserError

Say = Callable[[str], None]


class Failed(UserError):
    """The version, and not the command, is at fault: exit code 1. What served before serves on."""


@dataclass(frozen=True, slots=True)
class Site:
    """A folder of this machine from which a model is served, and how it is to be served.

    `model` is the only one that may be ("" for any); `latency` the seconds in which it has to
    answer a row.
    """

    folder: Path
    address: str = "127.0.0.1:8000"
    model: str = ""
    workers: int = 1
    latency: float = 1.0
    allow_pickle: bool = False


def near(address: str) -> tuple[str, int]:
    """The host and port by which this machine itself reaches an address that it listens on."""
    host, _, port = address.rpartition(":")
    everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
    return everywhere.get(host, host).strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this machine. `started` tells it from a later one that has the same number."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Serving:
    """A version that a process serves: `name` is its folder in `versions/`.

    `port` is its own on this machine; `socket`, in `run/`, is where everybody's requests reach it
    ("": nowhere, as an earlier nbstage started it).
    """

    name: str
    model: str
    version: str
    commit: str
    port: int
    process: Process
    since: str = ""
    socket: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What a site serves now.

    `before` are the folders of the versions that a rollback leads back through, the latest last.
    `candidate` was started and has not taken over; `leaving` have to end. `proxy` is Caddy.
    """

    serving: Serving | None = None
    before: tuple[str, ...] = ()
    candidate: Serving | None = None
    leaving: tuple[Serving, ...] = ()
    proxy: Process | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a smoke test looked at."""

    what: str
    ok: bool
    told: str


@dataclass(frozen=True, slots=True)
class Share:
    """How a version did while it got `percent` of the requests."""

    percent: int
    requests: int
    errors: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Differing:
    """Values of a field that two versions predicted otherwise: how many, and how far apart the
    numbers among them are at most (None where there are none).
    """

    field: str
    values: int
    largest: float | None = None


@dataclass(frozen=True, slots=True)
class Shadowed:
    """How a version did with copies of the requests to another one, which `beside` names.

    Of `requests` that should have been copied, `refused` were answered with 4xx, `failed` with 5xx
    or too late; the rest is `lost`. `different` of the `rows` were predicted otherwise. The seconds
    are those for a request, in the mean: of the version that serves, and of the shadow. `printed`
    is what its service said last, where not all is well.
    """

    model: str
    version: str
    beside: str
    held: float
    checks: tuple[Check, ...] = ()
    ended: bool = False
    requests: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    rows: int = 0
    different: int = 0
    fields: tuple[Differing, ...] = ()
    seconds: float = 0.0
    shadow_seconds: float = 0.0
    printed: str = ""

    @property
    def lost(self) -> int:
        """Requests of which it got no copy."""
        return self.requests - self.answered - self.refused - self.failed

    @property
    def ok(self) -> bool:
        """Whether it ran to the end, and answered all that it got."""
        return not (self.ended or self.refused or self.failed)


@dataclass(frozen=True, slots=True)
class Deployed:
    """What serves now where, what served before ("" if nothing), and how that went.

    `switched` are the seconds until requests went to it; `same` says that it served already.
    """

    did: str
    model: str
    version: str
    before: str
    address: str
    checks: tuple[Check, ...] = ()
    shares: tuple[Share, ...] = ()
    switched: float = 0.0
    same: bool = False
    notes: tuple[str, ...] = ()
