"""All stages that are not up to date are run, and DVC gets to know as if it had run them."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.repro.inside.files import Guard, quickened
from nbstage.repro.inside.leftovers import clear
from nbstage.repro.inside.lock import Locks
from nbstage.repro.inside.plan import Plan, in_order
from nbstage.repro.inside.project import StagesFailed, said_by
from nbstage.repro.inside.stage import Work, frozen_warning, reproduced
from nbstage.repro.nouns import (
    CUT,
    Began,
    Command,
    Did,
    Ended,
    Note,
    OnError,
    Options,
    Over,
    Tell,
    Warm,
)
from nbstage.repro.schedule import Need, Schedule

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage

    from nbstage.repro.early import Start
    from nbstage.repro.starting import Starters

#: What a file's name shouldn't have.
_UNFIT = re.compile(r"[^\w.@-]")
_LONGEST = 100
#: Bytes of a stage's output that are kept in mind.
_MOST = 1_000_000
#: What DVC gives for a stage that it did not touch.
_UNTOUCHED = (Did.UNCHANGED, Did.PULLED)


@dataclass(frozen=True, slots=True)
class Means:
    """What a reproduction has: what the machine has room for, what each stage needs of it, how
    each may be forked, what starts them in a folder and an environment, and who is told.
    """

    room: Need
    need: Callable[[Stage], Need]
    warm: Callable[[], Mapping[str, Warm]]
    starters: Start
    tell: Tell


@dataclass
class _State:
    """What changes on the way."""

    force: dict[Stage, bool]
    works: dict[str, tuple[Stage, Work]] = field(default_factory=dict)
    ended: list[Ended] = field(default_factory=list)
    failed: list[Stage] = field(default_factory=list)


class Reproduction:
    """One reproduction of a plan, with the project locked."""

    def __init__(self, repo: Repo, plan: Plan, options: Options, means: Means) -> None:
        self._repo, self._plan, self._options, self._means = repo, plan, options, means
        self._guard = Guard(repo)
        self._locks = Locks(plan.place)
        self._schedule = Schedule(plan.stages, plan.before, means.need, means.room)
        self._state = _State(dict.fromkeys(plan.stages, options.force))
        self._starters: Starters | None = None
        self._warm: Mapping[str, Warm] = {}

    @property
    def ended(self) -> tuple[Ended, ...]:
        """What came of each stage so far, in the order of its end."""
        return tuple(self._state.ended)

    def run(self) -> None:
        """Go through the plan. Raises StagesFailed at the end, if any has."""
        try:
            with quickened(self._guard):
                clear(self._plan.folders)
                self._loop()
        except BaseException:
            if self._starters is not None:
                self._starters.stop()
            raise
        finally:
            self._finish()
        if self._state.failed and self._options.on_error is not OnError.IGNORE:
            raise StagesFailed

    def _loop(self) -> None:
        while True:
            while not self._is_failing() and (stage := self._schedule.next()) is not None:
                self._begin(stage)
            if not self._state.works or self._starters is None:
                return
            with self._guard.given_up():
                over = self._starters.wait()
            for one in over:
                stage, work = self._state.works[one.stage]
                self._guard.end(stage)
                self._go_on(stage, work, one)

    def _is_failing(self) -> bool:
        return bool(self._state.failed) and self._options.on_error is OnError.FAIL

    def _begin(self, stage: Stage) -> None:
        if (warning := frozen_warning(stage)) is not None:
            self._means.tell(Note(warning))
        self._go_on(stage, self._work(stage), None)

    def _work(self, stage: Stage) -> Work:
        """All that is done with a stage, up to its entry in dvc.lock."""
        did = yield from reproduced(
            stage,
            self._plan.upstream.get(stage),
            self._options,
            force=self._state.force[stage],
            settled=self._settle,
        )
        if did not in _UNTOUCHED:
            self._locks.write(stage)
        return did

    def _go_on(self, stage: Stage, work: Work, over: Over | None) -> None:
        """Do what DVC does after a command, up to the next command or the stage's end."""
        name = stage.addressing
        try:
            command = next(work) if over is None else work.send(over.code)
        except StopIteration as end:
            output = self._printed(stage, over)
            self._end(stage, Ended(name, end.value, *_spent(over), output=output))
        except Exception as error:
            self._fail(stage, error, over)
        else:
            self._state.works[name] = (stage, work)
            self._start(stage, command, again=over is not None)

    def _start(self, stage: Stage, command: Command, *, again: bool) -> None:
        output = self._output_of(stage)
        if not again:
            output.write_bytes(b"")
        if self._starters is None:
            self._starters = self._means.starters(self._repo.root_dir, command.environment)
            self._warm = self._means.warm()
        warm = self._warm.get(stage.addressing)
        self._means.tell(Began(stage.addressing, command.text))
        self._guard.start(stage)
        self._starters.submit(command, output, warm)

    def _end(self, stage: Stage, ended: Ended) -> None:
        """A stage is as it has to be."""
        touched = ended.did not in _UNTOUCHED
        if self._options.force_downstream and (touched or self._state.force[stage]):
            after = self._plan.downstream.get(stage, ())
            self._state.force.update(dict.fromkeys(after, True))
        self._over(stage, ended)

    def _fail(self, stage: Stage, error: Exception, over: Over | None) -> None:
        """A stage failed, and with it those that need it."""
        self._state.failed.append(stage)
        output, why = self._printed(stage, over), _why_failed(error, over)
        self._over(stage, Ended(stage.addressing, Did.FAILED, *_spent(over), why, output))
        if self._options.on_error is not OnError.KEEP_GOING:
            return
        needing = self._plan.all_downstream(stage)
        for one in self._schedule.drop(sorted(needing, key=self._place)):
            self._tell_end(Ended(one.addressing, Did.SKIPPED, why=f"needs '{stage.addressing}'"))

    def _over(self, stage: Stage, ended: Ended) -> None:
        self._state.works.pop(stage.addressing, None)
        self._schedule.done(stage)
        self._settle()
        self._tell_end(ended)

    def _tell_end(self, ended: Ended) -> None:
        self._state.ended.append(ended)
        self._means.tell(ended)

    def _settle(self) -> None:
        """Let DVC write what was left to it, as far as nothing can come before it any more."""
        if self._locks.is_behind:
            self._locks.settle(self._schedule.first_open(self._plan.place))

    def _finish(self) -> None:
        self._locks.settle(len(self._plan.place))
        self._guard.closed()
        in_order(self._repo, self._plan)

    def _output_of(self, stage: Stage) -> Path:
        """Where all that the stage prints goes."""
        folder = Path(self._repo.tmp_dir) / "nbstage"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{file_name(stage.addressing)}.txt"

    def _printed(self, stage: Stage, over: Over | None) -> str:
        """What a stage's commands have printed, the end of it if it is very long."""
        if over is None:
            return ""
        path = self._output_of(stage)
        with path.open("rb") as file:
            left_out = max(0, file.seek(0, 2) - _MOST)
            file.seek(left_out)
            text = file.read().decode("utf-8", "replace").replace("\r\n", "\n")
        return f"{CUT}.dvc/tmp/nbstage/{path.name})\n{text}" if left_out else text

    def _place(self, stage: Stage) -> int:
        return self._plan.place.get(stage, 0)


def file_name(stage: str) -> str:
    """A file's name for a stage's: the same where that fits, and no other stage's."""
    fit = _UNFIT.sub("_", stage)[:_LONGEST]
    return fit if fit == stage else f"{fit}-{sha256(stage.encode()).hexdigest()[:8]}"


def _spent(over: Over | None) -> tuple[float, bool]:
    return (over.seconds, over.warm) if over else (0.0, False)


def _why_failed(error: Exception, over: Over | None) -> str:
    """What a stage failed of, in words."""
    said = said_by(error)
    if over is None or over.code >= 0:
        return said
    name = signal.Signals(-over.code).name if -over.code in set(signal.Signals) else str(-over.code)
    peak = f" at {over.peak // 1024} MB of memory" if over.peak else ""
    maybe = ", as a machine short of memory does" if -over.code == signal.SIGKILL else ""
    return f"{said}: ended by {name}{maybe}{peak}"
