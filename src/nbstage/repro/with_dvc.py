"""The project's DVC opened, what it would run found and run, and its warnings told."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.repro.inside.plan import planned
from nbstage.repro.inside.project import (
    TESTED,
    StagesFailed,
    asks_first,
    is_tested,
    opened,
    pull_run_cache,
    version,
)
from nbstage.repro.needs import cores, need_of, room_for
from nbstage.repro.nouns import Ended, LeftToDVC, Note, Options, Peaks, Tell, Warm
from nbstage.repro.reproduce import Means, Reproduction
from nbstage.repro.warm import module_of, warm_starts

if TYPE_CHECKING:
    from dvc.stage import Stage

    from nbstage.repro.early import Start
    from nbstage.repro.schedule import Need


def reproduced(
    options: Options, start: Start, *, jobs: int | None, warm: bool, peaks: Peaks, tell: Tell
) -> tuple[Ended, ...]:
    """Bring what is asked for up to date with the starters that `start` gives.

    Gives what came of each stage, in the order of its end. Raises LeftToDVC where this system or
    DVC's version is none that is known, and where each stage is to be asked for.
    """
    _check_system()
    with opened() as repo, _warnings_told(tell):
        if asks_first(repo):
            raise LeftToDVC("")
        if options.pull and options.run_cache:
            pull_run_cache(repo, lambda text: tell(Note(text)))
        plan = planned(repo, options)
        root = Path(repo.root_dir)
        forked = plan.stages if warm else ()
        need = _needs(root, peaks)
        means = Means(room_for(jobs or cores()), need, lambda: _forks(root, forked), start, tell)
        one = Reproduction(repo, plan, options, means)
        with suppress(StagesFailed), repo.scm_context(quiet=True):
            one.run()
        return one.ended


def _check_system() -> None:
    if not hasattr(os, "fork"):
        raise LeftToDVC(
            "this system can't fork processes: `dvc repro` does it, one stage after another"
        )
    found = version()
    if not is_tested(found):
        raise LeftToDVC(
            f"DVC {found} is none of the versions that `nbstage repro` knows from the inside "
            f"({TESTED[0]} to below {TESTED[1]}): `dvc repro` does it, one stage after another"
        )


def _forks(root: Path, stages: Iterable[Stage]) -> dict[str, Warm]:
    """How the stages are forked that can be; those run in the project's root."""
    modules = {
        stage.addressing: module
        for stage in stages
        if (module := module_of(stage.cmd)) is not None and Path(stage.wdir) == root
    }
    return warm_starts(modules, root)


def _needs(root: Path, peaks: Peaks) -> Callable[[Stage], Need]:
    """What a stage needs by its tags, else by its trace, which is read where it counts."""
    known = cache(lambda: peaks(root))

    def need(stage: Stage) -> Need:
        said = need_of(stage.meta, 0.0)
        if said.memory or module_of(stage.cmd) is None:
            return said
        return need_of(stage.meta, known().get(stage.name, 0.0))

    return need


@contextmanager
def _warnings_told(tell: Tell) -> Iterator[None]:
    """Let DVC's warnings be told as all else is, and keep it from drawing progress of its own."""
    logger = logging.getLogger("dvc")
    before, level = logger.handlers, logger.level
    logger.handlers, propagate, logger.propagate = [_Teller(tell)], logger.propagate, False
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before, propagate
        logger.setLevel(level)


class _Teller(logging.Handler):
    """What tells a log's records."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(Note(record.getMessage()))
