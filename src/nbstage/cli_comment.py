"""`nbstage comment`: arguments -> use case -> text."""

from __future__ import annotations

from pathlib import Path

import click

from nbstage.arguments import Exit
from nbstage.help_page import Command

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Put a report below its pull request on GitHub.",
    epilog='nbstage comment report --head "$(git rev-parse HEAD)"',
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--head", metavar="SHA", required=True, help="The commit that the report is of.")
@click.option(
    "--author",
    metavar="LOGIN",
    default="github-actions[bot]",
    show_default=True,
    help="Whose comment is updated.",
)
def comment(*, folder: Path, head: str, author: str) -> int:
    """Put the report in FOLDER below its pull request: one comment, updated from then on.

    FOLDER holds what the workflow CI keeps: `report.md`, `number.txt` with the request's number,
    and `gate.txt` if the gate ran. Anybody may have written that. So a number is refused whose
    request has another head than SHA, and links are not followed. GITHUB_REPOSITORY and GH_TOKEN
    say where and by whom, as in a workflow.
    """
    from nbstage.comment.github import current_api
    from nbstage.comment.kept import read_kept
    from nbstage.comment.sticky import post
    from nbstage.terminal import patience

    api = current_api()
    with patience("commenting"):
        done = post(api, read_kept(folder), head, author)
    click.echo(done)
    return Exit.FINE
