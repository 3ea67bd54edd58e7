"""`nbstage sync`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys

import click

from nbstage.arguments import Exit, as_json_option, chosen, notebooks_argument
from nbstage.help_page import Command

# What a command needs is imported when it runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Carry edits of generated modules back into the notebook.",
    epilog="nbstage sync\nnbstage sync --dry-run --diff",
)
@notebooks_argument
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--diff", "diffs", is_flag=True, help="Show the changes line by line.")
@as_json_option
def sync(notebooks: tuple[str, ...], *, dry_run: bool, diffs: bool, as_json: bool) -> int:
    """Carry what was edited in the modules of `pipeline/` back into the cells of the notebooks NB
    (default: all of the project) that they were made from.

    The notebook then gives the modules as they were edited, or nothing is written. Was the
    notebook edited too since the last conversion, both edits are kept; in the same lines they are
    a conflict, and the exit code is 1. Outputs, ids and metadata of all cells stay as they are.
    """
    from nbstage.app.syncing import sync as sync_notebooks
    from nbstage.report.problems import has_errors
    from nbstage.sync.told import synced_as_data, synced_as_text
    from nbstage.terminal import paint_for, patience, print_json, print_problems

    root, names = chosen(notebooks)
    with patience("carrying edits back"):
        done = sync_notebooks(root, names, dry_run=dry_run)
    failed = has_errors(done.problems)
    written = bool(done.changes) and not failed and not dry_run
    if as_json:
        print_json(synced_as_data(done, written=written, diffs=diffs))
        return Exit.TO_FIX if failed else Exit.FINE
    if dry_run and done.changes:
        click.echo("`nbstage sync` would")
    text = synced_as_text(done, diffs=diffs, paint=paint_for(sys.stdout))
    if text:
        click.echo(text)
    print_problems(done.problems)
    if failed:
        click.echo("nothing was written")
    elif not done.changes:
        click.echo("no module was edited: nothing to carry back")
    elif written:
        # What the notebook's old code showed in a trace no longer holds: `convert` runs it again.
        convert = "nbstage convert and " if done.left_open else ""
        then = f"{convert}nbstage repro (or dvc repro)"
        click.echo(f"next: reload the notebook where it is open, then {then}")
    return Exit.TO_FIX if failed else Exit.FINE
