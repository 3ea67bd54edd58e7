"""One stage, reproduced as DVC does it, with others' work in between."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.repro.inside.copies import copied_once
from nbstage.repro.nouns import Command, Did, Options

if TYPE_CHECKING:
    from dvc.stage import Stage

Work = Generator[Command, int, Did]


def reproduced(
    stage: Stage,
    upstream: tuple[Stage, ...] | None,
    options: Options,
    *,
    force: bool,
    settled: Callable[[], None],
) -> Work:
    """Reproduce a stage as dvc.stage.Stage.reproduce does, with others' work in between.

    It yields each command that is to be run and takes its exit code. `settled` is called before
    DVC looks at what other stages have left in dvc.lock.
    """
    _ask_for(stage)
    if not force:
        if not stage.changed(options.allow_missing, upstream):
            return Did.UNCHANGED
        if options.pull and not stage.changed(True, upstream):
            settled()
            if _pulled(stage):
                return Did.PULLED
    if stage.frozen or not stage.cmd:
        stage.run(
            no_commit=options.no_commit,
            force=force,
            allow_missing=options.allow_missing,
            run_cache=options.run_cache,
            pull=options.pull,
        )
        return Did.CHECKED
    stage.remove_outs(ignore_remove=False, force=False)
    did = Did.RESTORED
    if force or not _restored(stage, options, settled):
        yield from _run(stage)
        did = Did.RAN
    _keep(stage, options)
    return did


def _ask_for(stage: Stage) -> None:
    """Raise DVC's error where others are in the way, also of a stage that is up to date."""
    from dvc.stage.decorators import rwlocked

    rwlocked(read=["deps"], write=["outs"])(lambda _: None)(stage)


def _pulled(stage: Stage) -> bool:
    from dvc.exceptions import CheckoutError

    try:
        stage.repo.pull(stage.addressing, jobs=None)
        stage.checkout()
    except CheckoutError:
        return False
    return True


def _restored(stage: Stage, options: Options, settled: Callable[[], None]) -> bool:
    """Whether the run-cache had the stage, as dvc.stage.run.run_stage asks it."""
    from dvc.stage.cache import RunCacheNotFoundError
    from dvc.stage.run import _pull_missing_deps

    if options.pull:
        settled()
        _pull_missing_deps(stage)
    try:
        stage.repo.stage_cache.restore(stage, run_cache=options.run_cache, pull=options.pull)
    except RunCacheNotFoundError:
        stage.save_deps()
        return False
    return True


def _run(stage: Stage) -> Generator[Command, int, None]:
    """The stage's commands, as dvc.stage.run.cmd_run runs them."""
    from dvc.stage.exceptions import StageCmdFailedError
    from dvc.stage.run import _enforce_cmd_list, prepare_kwargs

    settings = prepare_kwargs(stage)
    for text in _enforce_cmd_list(stage.cmd):
        argv = tuple(shell(text))
        code = yield Command(stage.addressing, text, argv, settings["cwd"], settings["env"])
        if code != 0:
            raise StageCmdFailedError(text, code)


def _keep(stage: Stage, options: Options) -> None:
    """Take the results into the cache, as the end of dvc.stage.Stage.run does."""
    in_git = any(not out.use_cache for out in stage.outs if not (out.is_metric or out.is_plot))
    stage.save(
        allow_missing=options.allow_missing,
        run_cache=not options.no_commit and not in_git,
    )
    if not options.no_commit:
        with copied_once(stage):
            stage.commit(allow_missing=options.allow_missing)


def frozen_warning(stage: Stage) -> str | None:
    """What DVC says of a frozen stage."""
    if stage.frozen and not stage.is_import:
        return f"'{stage.addressing}' is frozen: it is not reproduced"
    return None


def shell(text: str) -> list[str]:
    """How a stage's command is called."""
    from dvc.stage.run import _make_cmd, get_executable

    return list(_make_cmd(get_executable(), text))


#: What DVC calls these shells with.
_SHELLS = {"bash": ("--noprofile", "--norc"), "zsh": ("--no-rcs",), "sh": (), "dash": ()}


def shell_unasked() -> Callable[[str], list[str]] | None:
    """What `shell` will give, without importing DVC; None where only DVC knows."""
    program = os.environ.get("SHELL") or "/bin/sh"
    options = _SHELLS.get(Path(program).name.lower())
    return None if options is None else lambda text: [program, *options, "-c", text]
