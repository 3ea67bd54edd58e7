"""The nouns of the registry: what a tag says, and what all of a model's tags come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nbstage.errors import UserError


class Did(Enum):
    """What a tag records."""

    REGISTERED = "registered"
    WITHDRAWN = "withdrawn"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    TAKEN_OUT = "taken out"


@dataclass(frozen=True, slots=True)
class Event:
    """One annotated tag of a model: what was done, by whom, and when (seconds since 1970).

    `version` is "" where the tagged commit has none. `forced` are the checks that were passed over,
    `called` is the name that the tag was made with.
    """

    tag: str
    did: Did
    model: str
    version: str
    stage: str
    commit: str
    at: int
    who: str
    message: str
    forced: tuple[str, ...] = ()
    signed: bool = False
    called: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version: its tag, the release commit that it names, the stages it is in now."""

    name: str
    version: str
    tag: str
    commit: str
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A model's versions, the newest last; which version each stage has; all events, in order.

    `stacks` has, for each stage, the versions that a rollback leads back through, the current one
    last.
    """

    name: str
    versions: tuple[Version, ...]
    stacks: dict[str, tuple[str, ...]]
    events: tuple[Event, ...]


class Refused(UserError):
    """The project, and not the command, has something to mend: exit code 1."""


@dataclass(frozen=True, slots=True)
class Put:
    """How tags are made: signed or not, given to `origin` or not."""

    sign: bool = False
    push: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """A version, why it has its number, what is to be said, and whether it was there before."""

    version: Version
    why: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pushed: bool = False
    existed: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A version that was put into a stage; `before` is the one that was there, "" if none.

    `tag` is "" where it was there already.
    """

    version: Version
    stage: str
    before: str
    tag: str
    pushed: bool
    forced: str = ""
