"""The project's DVC: which version, opened and locked, and what it says of an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nbstage.errors import UserError
from nbstage.repro.nouns import OnError, Options

if TYPE_CHECKING:
    from dvc.repo import Repo

#: From this version on, and below that one.
TESTED = ("3.66.1", "3.68")

_ROOM = "make room on the disk, or let it be written to; what is done already is kept."

MEND = "`dvc repro` refuses it too; mend dvc.yaml or what it names."


def version() -> str:
    """The version of DVC that is installed."""
    from dvc import __version__

    return str(__version__)


def is_tested(found: str) -> bool:
    """Whether a version of DVC is one that this follows."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(TESTED[0]) <= Version(found) < Version(TESTED[1])
    except InvalidVersion:
        return False


class StagesFailed(Exception):
    """Stages have failed. It goes through DVC's context, which takes back what .gitignore got."""


@contextmanager
def opened() -> Iterator[Repo]:
    """The project's DVC, locked as `dvc repro` locks it.

    Raises UserError where there is none, where it is busy, for all that DVC refuses, and where the
    machine doesn't let DVC's files be written.
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
    except BrokenPipeError:  # nobody reads what is said
        raise
    except OSError as error:
        raise UserError(f"DVC's files can't be written: {error}", _ROOM) from error


def asks_first(repo: Repo) -> bool:
    """Whether the project's settings have DVC ask before each stage."""
    return bool(repo.config["core"].get("interactive", False))


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
    return MEND
