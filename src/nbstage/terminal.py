"""What is said on the terminal, and how. An edge: only this module and the command line print."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from nbstage.report.paint import Paint, colour, plain
from nbstage.report.plain import clip, make_line

if TYPE_CHECKING:
    from nbstage.model import Outcome, Problem
    from nbstage.report.data import Plain

PATIENCE = 1.0


def paint_for(stream: TextIO) -> Paint:
    """Return colours for a terminal that has them, else none. NO_COLOR is respected."""
    dull = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return colour if stream.isatty() and not dull else plain


def escape_unprintable() -> None:
    """Let no text fail to print: what a stream's encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def close_quietly() -> None:
    """Forget what a reader that went away (`| head`) will not read, so that the exit is quiet."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


@contextmanager
def patience(doing: str) -> Iterator[None]:
    """Say on stderr what is going on once it has taken a second; on a terminal, wipe it after."""
    import threading

    stream = sys.stderr
    said = threading.Event()

    def say() -> None:
        said.set()
        stream.write(f"{doing}..." if stream.isatty() else f"{doing}...\n")
        stream.flush()

    timer = threading.Timer(PATIENCE, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if said.is_set() and stream.isatty():
            stream.write("\r\x1b[K")
            stream.flush()


@contextmanager
def ended_tidily() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: its temporary folders and the programs it started
    end with it. A second one ends it at once.
    """
    import signal

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(128 + number)

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread, which alone gets signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Give what to call with each step of a long piece of work. They are told on stderr, once it
    has taken a second: on a terminal in one line, wiped at the end.
    """
    import time

    stream, start, told = sys.stderr, time.monotonic(), False

    def step(doing: str) -> None:
        nonlocal told
        if time.monotonic() - start < PATIENCE:
            return
        told = True
        line = clip(make_line(doing), shutil.get_terminal_size().columns - 1)
        stream.write(f"\r\x1b[K{line}" if stream.isatty() else f"{line}\n")
        stream.flush()

    try:
        yield step
    finally:
        if told and stream.isatty():
            stream.write("\r\x1b[K")
            stream.flush()


def print_outcome(outcome: Outcome, *, written: bool, diffs: bool) -> None:
    """Print the problems, then the changes: as done, or as what convert would do."""
    from nbstage.report.changes import changes_as_text, diffs_as_text, retraced_as_lines
    from nbstage.report.problems import has_errors

    paint = paint_for(sys.stdout)
    for line in retraced_as_lines(outcome.retraced):
        click.echo(line)
    print_problems(outcome.problems)
    if outcome.changes:
        if not written:
            click.echo("`nbstage convert` would")
        margin = "" if written else "  "
        for line in changes_as_text(outcome.changes, paint).split("\n"):
            click.echo(margin + line)
        if diffs:
            click.echo(f"\n{diffs_as_text(outcome.changes, paint)}\n")
    elif not has_errors(outcome.problems):
        click.echo("nothing to change")


def print_outcome_as_json(outcome: Outcome, *, written: bool, diffs: bool) -> None:
    """Print what convert did or check found, for a machine."""
    from nbstage.report.data import outcome_as_data

    print_json(outcome_as_data(outcome, written=written, diffs=diffs))


def print_problems(problems: tuple[Problem, ...], *, err: bool = False) -> None:
    """Print all problems and how many they are."""
    from nbstage.report.problems import count_problems, problems_as_text

    if problems:
        paint = paint_for(sys.stderr if err else sys.stdout)
        text = f"{problems_as_text(problems, paint)}\n\n{count_problems(problems)}\n"
        click.echo(text, err=err)


def print_json(data: Plain) -> None:
    """Print data for a machine."""
    from nbstage.report.data import as_json

    click.echo(as_json(data))


def refuse(message: str, hint: str) -> None:
    """Say what is wrong with the usage and what to do."""
    from nbstage.report.plain import indent, make_plain

    paint = paint_for(sys.stderr)
    say(f"{paint('error:', 'error')} {indent(make_plain(message), '  ')}")
    if hint:
        say(f"  {paint('hint:', 'hint')} {indent(make_plain(hint), '        ')}")


def confess() -> None:
    """Show the exception nobody foresaw. Its text may be a notebook's: it is made plain, too."""
    import traceback

    from nbstage.report.plain import make_plain

    say(make_plain(traceback.format_exc()))
    say("error: this is a defect of nbstage, not of your notebook")
    say("  hint: please report it, with the lines above, to nbstage's issue tracker.")


def say(text: str) -> None:
    """Print to stderr."""
    click.echo(text, err=True)
