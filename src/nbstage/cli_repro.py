"""`nbstage repro`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from nbstage.arguments import Exit, as_json_option
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.repro.nouns import Ended, Event, Options

# Imported when the command runs: `nbstage --help` does not wait for that.

F = TypeVar("F", bound=Callable[..., object])

#: `dvc repro`'s own, by their names.
_FLAGS = (
    (("-f", "--force"), "Run stages that are up to date, too."),
    (("-i", "--interactive"), "Ask before each stage."),
    (("-s", "--single-item"), "Only the targets, not what they need."),
    (("-p", "--pipeline"), "The whole pipeline of each target."),
    (("-P", "--all-pipelines"), "All pipelines of the project."),
    (("-R", "--recursive"), "All stages in the folders that are named."),
    (("--downstream",), "The targets and what needs them."),
    (("--force-downstream",), "Run all that needs a stage that was run."),
    (("--pull",), "Bring missing data from the DVC remote."),
    (("--allow-missing",), "Let missing data be, if nothing else has changed."),
    (("--dry",), "Say what would run; run nothing."),
    (("-k", "--keep-going"), "After a failure, run what doesn't need the stage."),
    (("--ignore-errors",), "After a failure, run the rest all the same."),
    (("--glob",), "Take targets for patterns."),
    (("--no-commit",), "Leave results out of the cache."),
    (("--no-run-cache",), "Run what was run before with the same."),
)


def _dvc_options(command: F) -> F:
    for names, text in reversed(_FLAGS):
        command = click.option(*names, is_flag=True, help=text)(command)
    return command


@click.command(
    cls=Command,
    short_help="Bring the pipeline up to date, as `dvc repro` does, but faster.",
    epilog="nbstage repro\nnbstage repro -j 4 --keep-going\nnbstage repro train --force",
)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "-j",
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many stages at the same time. [default: one for each core]",
)
@click.option("--cold", is_flag=True, help="Start each stage in a new Python.")
@click.option("--show-output", is_flag=True, help="Show what stages print, also if all is well.")
@_dvc_options
@as_json_option
def repro(
    targets: tuple[str, ...],
    *,
    jobs: int | None,
    cold: bool,
    show_output: bool,
    as_json: bool,
    **flags: bool,
) -> int:
    """Run the stages that are not up to date: TARGET and what it needs (default: all of dvc.yaml).

    What it leaves is what `dvc repro` leaves, and either can go on where the other has stopped.
    Independent stages run at the same time; stages of notebooks start in a moment, with their
    libraries imported. A stage's output is shown if it fails, and kept in .dvc/tmp/nbstage.
    """
    from nbstage.repro.nouns import LeftToDVC
    from nbstage.repro.use import reproduce, reproduce_by_dvc

    options = _options(targets, flags)
    began = time.monotonic()
    try:
        with _teller(quiet=as_json, show_output=show_output) as tell:
            ended = reproduce(options, jobs=jobs, warm=not cold, peaks=_peaks, tell=tell)
    except LeftToDVC as left:
        from nbstage.terminal import say

        if str(left):
            say(f"warning: {left}")
        return Exit.TO_FIX if reproduce_by_dvc(options) else Exit.FINE
    return _told(options, ended, time.monotonic() - began, as_json=as_json)


def _told(options: Options, ended: tuple[Ended, ...], seconds: float, *, as_json: bool) -> Exit:
    """Tell what came of it all; gives the exit code."""
    from nbstage.repro.nouns import OnError
    from nbstage.repro.told import as_data, has_failed, summary_of
    from nbstage.terminal import print_json

    if as_json:
        print_json({"stages": as_data(ended)})
    else:
        click.echo(summary_of(ended, seconds))
    failed = has_failed(ended) and options.on_error is not OnError.IGNORE
    return Exit.TO_FIX if failed else Exit.FINE


def _peaks(root: Path) -> Mapping[str, float]:
    from nbstage.config import read_config
    from nbstage.errors import UserError
    from nbstage.project import find_notebooks
    from nbstage.trace.facts import trace_path

    try:
        notebooks = find_notebooks(root, read_config(root))
    except UserError:
        return {}
    if not any((root / trace_path(notebook)).exists() for notebook in notebooks):
        return {}  # what follows takes long to be imported
    from nbstage.app.reproducing import traced_peaks

    return traced_peaks(root)


def _options(targets: tuple[str, ...], flags: dict[str, bool]) -> Options:
    from nbstage.repro.nouns import OnError, Options

    keep_going, ignore = flags.pop("keep_going"), flags.pop("ignore_errors")
    on_error = OnError.IGNORE if ignore else OnError.KEEP_GOING if keep_going else OnError.FAIL
    run_cache = not flags.pop("no_run_cache")
    return Options(targets, on_error=on_error, run_cache=run_cache, **flags)


@contextmanager
def _teller(*, quiet: bool, show_output: bool) -> Iterator[Callable[[Event], None]]:
    """Give who tells each event: as lines, and on a terminal with what runs just now below."""
    from nbstage.repro.live import Running
    from nbstage.repro.nouns import Began, Ended, Note
    from nbstage.terminal import say

    running = Running() if sys.stderr.isatty() and not quiet else None

    def tell(event: Event) -> None:
        match event:
            case Note(text):
                if running is None or not running.above(f"note: {text}"):
                    say(f"note: {text}")
            case Began(stage) if running is not None:
                running.begin(stage)
            case Began(stage) if not quiet:
                say(f"running  '{stage}'")
            case Ended():
                if running is not None:
                    running.end(event.stage)
                for line in () if quiet else _lines_of(event, show_output=show_output):
                    drawn = running is not None and sys.stdout.isatty()
                    if running is None or not drawn or not running.above(line):
                        click.echo(line)

    try:
        yield tell
    finally:
        if running is not None:
            running.close()


def _lines_of(ended: Ended, *, show_output: bool) -> Iterator[str]:
    """What is said of a stage, and what it printed where that is to be shown."""
    from nbstage.report.plain import make_plain
    from nbstage.repro.nouns import Did
    from nbstage.repro.told import line_of, output_of

    line = line_of(ended)
    if line is None:
        return
    yield make_plain(line)
    if ended.output.strip() and (show_output or ended.did is Did.FAILED):
        yield make_plain(output_of(ended, whole=show_output))
