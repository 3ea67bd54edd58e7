"""The nouns of the registry: what a tag says, and what all of a model's tags come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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

    `version` is "" where the tagged commit has none. `forced` are the checks that were passed over.
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
