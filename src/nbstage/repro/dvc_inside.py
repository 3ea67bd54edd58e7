"""DVC from the inside: all that `nbstage repro` takes of it that DVC doesn't promise to keep.

The rest of it is in `dvc_files`. `test_repro_dvc.py` holds the text of every function that is
followed here, so that a new version of DVC is read before it is trusted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from nbstage.errors import UserError
from nbstage.repro.nouns import Command, Did, OnError, Options

if TYPE_CHECKING:
    from dvc.repo import Repo
    from dvc.stage import Stage

#: From this version on, and below that one.
TESTED = ("3.66.1", "3.68")

_MEND = "`dvc repro` refuses it too; mend dvc.yaml or what it names."

Work = Generator[Command, int, Did]


def version() -> str:
    """The version of DVC that is installed."""
    from importlib.metadata import version as version_of

    return version_of("dvc")


def is_tested(found: str) -> bool:
    """Whether a version of DVC is one that this follows."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(TESTED[0]) <= Version(found) < Version(TESTED[1])
    except InvalidVersion:
        return False


@dataclass(frozen=True)
class Plan:
    """The stages in DVC's order; for each those that come before it, and of DVC's graph those that
    it needs and that need it.
    """

    stages: tuple[Stage, ...]
    before: Mapping[Stage, tuple[Stage, ...]]
    upstream: Mapping[Stage, tuple[Stage, ...]]
    downstream: Mapping[Stage, tuple[Stage, ...]]

    @cached_property
    def place(self) -> dict[Stage, int]:
        """Where in DVC's order a stage stands."""
        return {stage: place for place, stage in enumerate(self.stages)}

    def all_downstream(self, stage: Stage) -> set[Stage]:
        """The stages that need this one, directly or through others."""
        found: set[Stage] = set()
        left = [stage]
        while left:
            new = [one for one in self.downstream.get(left.pop(), ()) if one not in found]
            found.update(new)
            left += new
        return found


@contextmanager
def opened() -> Iterator[Repo]:
    """The project's DVC, locked as `dvc repro` locks it.

    Raises UserError where there is none, where it is busy, and for all that DVC refuses.
    """
    from dvc.exceptions import DvcException, NotDvcRepoError
    from dvc.repo import Repo, lock_repo

    try:
        with Repo() as repo, lock_repo(repo):
            yield repo
    except NotDvcRepoError as error:
        raise UserError(said_by(error), "run `nbstage init` in your project's folder.") from None
    except DvcException as error:
        raise UserError(said_by(error), _hint(error)) from error


def planned(repo: Repo, options: Options) -> Plan:
    """What `dvc repro` would go through, as dvc.repo.reproduce.reproduce finds it."""
    try:
        return _planned(repo, options)
    except (TypeError, ValueError, LookupError, AttributeError, OSError) as error:
        # DVC's reader of dvc.yaml and params.yaml lets some of them through.
        raise UserError(f"DVC fails on this project: {error}", _MEND) from error


def _planned(repo: Repo, options: Options) -> Plan:
    from dvc.repo.reproduce import get_active_graph, plan_repro

    widened = options.all_pipelines or options.pipeline
    stages = [] if options.all_pipelines else _collected(repo, options)
    if options.single_item and not widened:
        # Without the graph nothing is known of the order: one waits for the other.
        chain = pairwise(stages)
        return Plan(tuple(stages), {later: (earlier,) for earlier, later in chain}, {}, {})
    graph = get_active_graph(repo.index.graph)
    steps = plan_repro(
        graph,
        stages,
        pipeline=options.pipeline,
        downstream=options.downstream and not widened,
    )
    upstream = {stage: tuple(graph.successors(stage)) for stage in steps}
    return Plan(
        tuple(steps),
        upstream,
        upstream,
        {stage: tuple(graph.predecessors(stage)) for stage in steps},
    )


def _collected(repo: Repo, options: Options) -> list[Stage]:
    from dvc.dvcfile import PROJECT_FILE
    from dvc.repo.reproduce import collect_stages

    path = os.path.abspath(PROJECT_FILE)  # noqa: PTH100 - as DVC compares it
    if not options.targets and os.path.isfile(path):  # noqa: PTH113
        # The index has read the file already; to read a thousand stages again takes a second.
        found = [stage for stage in repo.index.stages if stage.path == path]
        if found:
            return found
    targets = options.targets or (PROJECT_FILE,)
    stages: list[Stage] = collect_stages(
        repo, targets, recursive=options.recursive, glob=options.glob
    )
    return stages


def pull_run_cache(repo: Repo, say: Callable[[str], None]) -> None:
    """Bring the run-cache from the remote, as `--pull` does."""
    from dvc.stage.cache import RunCacheNotSupported

    try:
        repo.stage_cache.pull(None)
    except RunCacheNotSupported as error:
        say(f"the run-cache can't be pulled: {error}")


def arguments(options: Options) -> list[str]:
    """What `dvc repro` is called with for the same."""
    flags = {
        "--single-item": options.single_item,
        "--force": options.force,
        "--pipeline": options.pipeline,
        "--all-pipelines": options.all_pipelines,
        "--downstream": options.downstream,
        "--recursive": options.recursive,
        "--force-downstream": options.force_downstream,
        "--pull": options.pull,
        "--allow-missing": options.allow_missing,
        "--dry": options.dry,
        "--interactive": options.interactive,
        "--glob": options.glob,
        "--no-commit": options.no_commit,
        "--no-run-cache": not options.run_cache,
        "--keep-going": options.on_error is OnError.KEEP_GOING,
        "--ignore-errors": options.on_error is OnError.IGNORE,
    }
    return [*(flag for flag, given in flags.items() if given), "--", *options.targets]


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
        stage.commit(allow_missing=options.allow_missing)


class StagesFailed(Exception):
    """Stages have failed. It goes through DVC's context, which takes back what .gitignore got."""


def frozen_warning(stage: Stage) -> str | None:
    """What DVC says of a frozen stage."""
    if stage.frozen and not stage.is_import:
        return f"'{stage.addressing}' is frozen: it is not reproduced"
    return None


def said_by(error: BaseException) -> str:
    """What an exception of DVC's says, with what it stands on."""
    parts = [str(error).strip()]
    while error.__cause__ is not None:
        error = error.__cause__
        parts.append(str(error).strip())
    return ": ".join(dict.fromkeys(part for part in parts if part)) or "DVC refused"


def _hint(error: BaseException) -> str:
    from dvc.lock import LockError

    if isinstance(error, LockError):
        return "wait until the other DVC has ended, then try again."
    return _MEND


def shell(text: str) -> list[str]:
    """How a stage's command is called."""
    from dvc.stage.run import _make_cmd, get_executable

    return list(_make_cmd(get_executable(), text))


def in_order(repo: Repo, plan: Plan) -> None:
    """Bring what .gitignore got into the order in which DVC would have put it there."""
    context = repo.scm_context
    place = {out.fspath: place for stage, place in plan.place.items() for out in stage.outs}
    wanted = sorted(context.ignored_paths, key=lambda path: place.get(path, -1))
    if wanted == context.ignored_paths:
        return
    for path in wanted:
        repo.scm.ignore_remove(path)
        repo.scm.ignore(path)
    context.ignored_paths = wanted
