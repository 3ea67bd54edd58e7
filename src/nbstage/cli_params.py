"""`nbstage params`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen, only_notebook
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.params.nouns import Compared

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Compare the parameters with those in params.yaml.",
    epilog="nbstage params\nnbstage params notebooks/churn.ipynb --to-notebook",
)
@click.argument("notebook", metavar="[NB]", required=False)
@click.option(
    "--to-notebook",
    is_flag=True,
    help="Write the values of params.yaml into the notebook's parameters cells.",
)
@as_json_option
def params(notebook: str | None, *, to_notebook: bool, as_json: bool) -> int:
    """Show the parameters of NB: the notebook's value, the one in params.yaml, which stages use it,
    and whether the two differ.

    With --to-notebook the notebook takes the values of the file. Types and comments stay, and so
    does every byte of the notebook's file that has nothing to do with it. If one of the values
    can't be written, none is, and the exit code is 1.
    """
    from nbstage.app.parameters import params as compare_params
    from nbstage.app.parameters import params_to_notebook
    from nbstage.params.told import compared_as_data
    from nbstage.terminal import patience, print_json

    root, names = chosen((notebook,) if notebook else ())
    name = names[0] if names else only_notebook(root)
    with patience("reading"):
        done = params_to_notebook(root, name) if to_notebook else compare_params(root, name)
    if as_json:
        print_json(compared_as_data(done))
    else:
        _print(done, to_notebook=to_notebook)
    return Exit.TO_FIX if done.refused or _unreadable(done) else Exit.FINE


def _print(done: Compared, *, to_notebook: bool) -> None:
    from nbstage.params.told import compared_as_text
    from nbstage.report.plain import make_line
    from nbstage.terminal import paint_for, print_problems

    if _unreadable(done):
        print_problems(done.problems)
        return
    click.echo(compared_as_text(done, paint_for(sys.stdout)))
    if not to_notebook:
        return
    click.echo("")
    for one in done.refused:
        where = f"cell {one.cell}: " if one.cell else ""
        click.echo(make_line(f"{where}{one.message}"))
        click.echo(f"  hint: {make_line(one.hint)}")
    if done.written:
        click.echo(f"written to {make_line(done.notebook)}: {make_line(', '.join(done.written))}")
    else:
        click.echo("nothing was written" if done.refused else "nothing to write")


def _unreadable(done: Compared) -> bool:
    """Whether the notebook has errors that leave nothing to compare."""
    from nbstage.report.problems import has_errors

    return not done.rows and has_errors(done.problems)
