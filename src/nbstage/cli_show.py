"""`nbstage show`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen, only_notebook
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.model import Shown

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Show the stages of a notebook and what travels between them.",
    epilog="nbstage show notebooks/churn.ipynb\n"
    "nbstage show notebooks/churn.ipynb --format mermaid > flow.mmd\n"
    "nbstage show notebooks/churn.ipynb --format html --output churn.html",
)
@click.argument("notebook", metavar="[NB]", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "mermaid", "html"]),
    default="text",
    help="How to show it (default: text).",
)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the HTML page to FILE (default: to stdout).",
)
@as_json_option
def show(notebook: str | None, *, form: str, output: Path | None, as_json: bool) -> int:
    """Show the stages of NB, what travels between them, its parameters and its problems.

    The HTML page needs no network and runs no script. It also holds the code, the first rows of
    tables and the pictures that are on disk, and the times of the last `nbstage trace`.
    """
    from nbstage.report.problems import has_errors
    from nbstage.terminal import patience

    if output is not None and (form != "html" or as_json):
        raise click.UsageError("'--output' goes with '--format html'.")
    root, names = chosen((notebook,) if notebook else ())
    name = names[0] if names else only_notebook(root)
    with patience("reading"):
        if form == "html" and not as_json:
            from nbstage.app import show_page

            text, shown = show_page(root, name)
        else:
            from nbstage.app import show as show_notebook

            text, shown = "", show_notebook(root, name)
    if text:
        _give(text, output)
    else:
        _print(shown, "json" if as_json else form)
    return Exit.TO_FIX if has_errors(shown.problems) else Exit.FINE


def _print(shown: Shown, form: str) -> None:
    from nbstage.report.data import shown_as_data
    from nbstage.report.mermaid import pipeline_as_mermaid
    from nbstage.report.stages import pipeline_as_text
    from nbstage.terminal import paint_for, print_json, print_problems

    if form == "json":
        print_json(shown_as_data(shown))
    elif form == "mermaid":
        click.echo(pipeline_as_mermaid(shown.pipeline))
        print_problems(shown.problems, err=True)
    else:
        if shown.pipeline.stages:
            click.echo(pipeline_as_text(shown.pipeline, paint_for(sys.stdout)))
            click.echo("" if not shown.problems else "\n", nl=False)
        print_problems(shown.problems)


def _give(text: str, output: Path | None) -> None:
    """Write the page: whole or not at all, and over nothing but another page."""
    import os

    if output is None:
        click.echo(text, nl=False)
        return
    if output.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"'{output}' is no name for a page", "let it end in '.html'.")
    temporary = output.with_name(f"{output.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(output)
    except OSError as error:
        raise UserError(
            f"'{output}' can't be written: {error.strerror}",
            "name a file in a folder that is there and that you may write to.",
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
    click.echo(f"written: {output}")
