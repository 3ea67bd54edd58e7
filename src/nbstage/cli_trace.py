"""`nbstage trace`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen, notebooks_argument
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.trace.nouns import Traced

# Imported when the command runs: `nbstage --help` does not wait for that.

_BAR = 20


@click.command(
    cls=Command,
    short_help="Run a notebook once and record facts about each cell.",
    epilog="nbstage trace\nnbstage trace notebooks/churn.ipynb --timeout 600",
)
@notebooks_argument
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="The longest that a cell may take (default: as long as it likes).",
)
@as_json_option
def trace(notebooks: tuple[str, ...], *, timeout: float | None, as_json: bool) -> int:
    """Run the notebooks NB (default: all of the project) once, top to bottom, each in a kernel of
    its own, with the parameters of params.yaml.

    What each cell did is kept beside the notebook, in NAME.trace.json: types, which values changed
    and which share something, files, random draws, formats that hold a value exactly, seconds and
    megabytes. No values of your data are in it: commit it, and `nbstage convert` knows more. It
    runs your code, in the notebook's folder, as Jupyter does. If a cell fails, nothing is kept and
    the exit code is 1.
    """
    from nbstage.app import trace as trace_notebook
    from nbstage.project import find_notebooks
    from nbstage.terminal import print_json, steps
    from nbstage.trace.told import traced_as_data

    root, names = chosen(notebooks)
    if not names:
        from nbstage.config import read_config

        names = find_notebooks(root, read_config(root))
    done: list[Traced] = []
    with steps() as say:
        for name in names:
            done.append(
                trace_notebook(
                    root,
                    name,
                    timeout=timeout,
                    started=lambda cell, stage, now, of: say(step_text(cell, stage, now, of)),
                )
            )
    if as_json:
        print_json({"ok": all(one.ok for one in done), "traces": [*map(traced_as_data, done)]})
    else:
        for one in done:
            _print(one)
    return Exit.FINE if all(one.ok for one in done) else Exit.TO_FIX


def step_text(cell: int, stage: str, now: int, of: int) -> str:
    """What is being run: with a bar for a terminal, a plain line for a log."""
    what = f"cell {cell}" + (f", stage '{stage}'" if stage else "")
    if not sys.stderr.isatty():
        return f"{now}/{of} {what}"
    full = _BAR * now // of
    return f"[{'#' * full}{'-' * (_BAR - full)}] {now}/{of} {what}"


def _print(traced: Traced) -> None:
    from nbstage.report.problems import has_errors
    from nbstage.terminal import paint_for, print_problems
    from nbstage.trace.facts import trace_path
    from nbstage.trace.told import traced_as_text

    if not traced.seen and traced.failure is None:
        print_problems(traced.problems)
        click.echo("nothing was run")
        return
    click.echo(traced_as_text(traced, paint_for(sys.stdout)))
    click.echo("")
    if not traced.planned and has_errors(traced.problems):
        click.echo("no formats were tried: `nbstage check` says why there is no pipeline yet")
    path = trace_path(traced.notebook)
    if not traced.ok:
        click.echo("nothing was written")
    else:
        click.echo(f"{'written' if traced.changed else 'unchanged'}: {path}")
