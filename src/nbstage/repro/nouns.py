"""What travels in a reproduction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

#: What a text begins with that is only the end of what a stage has printed.
CUT = "(all that was printed is in "


class Did(Enum):
    """What became of a stage."""

    UNCHANGED = "unchanged"
    PULLED = "pulled"
    RESTORED = "restored"
    RAN = "ran"
    CHECKED = "checked"
    FAILED = "failed"
    SKIPPED = "skipped"


class OnError(Enum):
    """What is done after a stage has failed. The values are DVC's."""

    FAIL = "fail"
    KEEP_GOING = "keep-going"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Options:
    """What `dvc repro` can be asked for, by its names."""

    targets: tuple[str, ...] = ()
    single_item: bool = False
    force: bool = False
    pipeline: bool = False
    all_pipelines: bool = False
    downstream: bool = False
    recursive: bool = False
    force_downstream: bool = False
    pull: bool = False
    allow_missing: bool = False
    dry: bool = False
    interactive: bool = False
    glob: bool = False
    no_commit: bool = False
    run_cache: bool = True
    on_error: OnError = OnError.FAIL


class LeftToDVC(Exception):
    """That `dvc repro` has to do it; with what is to be said of that, if anything."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a stage: its text, and what the shell is called with, where, and with what."""

    stage: str
    text: str
    argv: tuple[str, ...]
    folder: str
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a stage, after how long; `why` where it failed."""

    stage: str
    did: Did
    seconds: float = 0.0
    warm: bool = False
    why: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Began:
    """A stage whose command runs now."""

    stage: str
    command: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line."""

    text: str


Event = Began | Ended | Note
Tell = Callable[[Event], None]
#: The most memory in MB that each stage of a project's notebooks had in its last trace.
Peaks = Callable[[Path], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Warm:
    """How a stage is started as a fork: its module, its file, and what is imported before.

    `modules` has a tuple for each starter on the way to it, the first one nearest to the root.
    """

    module: str
    file: str
    modules: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Over:
    """A process that ended: its exit code, negative for a signal; the most memory it had, in kB."""

    stage: str
    code: int
    seconds: float
    warm: bool = False
    peak: int = 0
