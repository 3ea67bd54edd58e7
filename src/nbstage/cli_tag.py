"""`nbstage tag`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys

import click

from nbstage.arguments import Exit, as_json_option, chosen
from nbstage.help_page import Command

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Propose stages for an untagged notebook.",
    epilog="nbstage tag notebooks/churn.ipynb\nnbstage tag notebooks/churn.ipynb --write",
)
@click.argument("notebook", metavar="NB")
@click.option("--write", is_flag=True, help="Write the tags into the notebook.")
@as_json_option
def tag(notebook: str, *, write: bool, as_json: bool) -> int:
    """Propose tags for the cells of NB that have none: from its headings and from what the cells
    do. Tags that are there stay.

    With --write they become tags in the notebook's file; nothing else in it changes. Save the
    notebook in Jupyter before, and reload it after. The exit code is 1 if the notebook can't be
    converted with these tags; the problems say what is left to do.
    """
    from nbstage.app.tagging import tag as tag_notebook
    from nbstage.app.tagging import write_tags
    from nbstage.report.problems import has_errors
    from nbstage.tag.told import tagged_as_data, tagged_as_text
    from nbstage.terminal import paint_for, patience, print_json, print_problems

    root, (name,) = chosen((notebook,))
    with patience("reading"):
        tagged = tag_notebook(root, name)
        if write:
            write_tags(root, tagged)
        written = write and tagged.before != tagged.after
    if as_json:
        print_json(tagged_as_data(tagged, written=written))
        return Exit.TO_FIX if has_errors(tagged.problems) else Exit.FINE
    if tagged.readable:
        click.echo(tagged_as_text(tagged, paint_for(sys.stdout)) + "\n")
    print_problems(tagged.problems)
    proposes = any(row.adds for row in tagged.rows)
    click.echo(_ending(name, proposes, written=written))
    return Exit.TO_FIX if has_errors(tagged.problems) else Exit.FINE


def _ending(name: str, proposes: bool, *, written: bool) -> str:
    if written:
        return f"written: {name}"
    return f"to write the tags: nbstage tag {name} --write" if proposes else "nothing to tag"
