"""`nbstage report`: arguments -> use case -> text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, baseline_option, chosen, fetch_option
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.compare.nouns import Comparison

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Compare metrics, predictions, data and code with a baseline.",
    epilog="nbstage report\nnbstage report --baseline v1.2 --format html -o report.html\n"
    "nbstage report --format json",
)
@baseline_option
@fetch_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "json"]),
    help="Markdown, a page, or JSON. [default: by the ending of FILE, else md]",
)
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE."
)
def report(*, baseline: str | None, fetch: bool, form: str | None, output: Path | None) -> int:
    """Compare the project as it lies there with a revision of git: metrics, parameters, stages,
    code, data and results, plots, and the predictions of both for the same test rows.

    The verdict (better, worse, no evidence of a difference) comes from the predictions, with its
    interval. Nothing is checked out and nothing runs; what DVC's cache hasn't got is said. The
    exit code is 0 whatever the verdict: `nbstage gate` judges.
    """
    from nbstage.app.reporting import report as report_on
    from nbstage.terminal import steps

    root, _ = chosen(())
    with steps() as say:
        comparison = report_on(root, baseline, fetch=fetch, say=say)
    text = _text(comparison, form or _form(output))
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
        click.echo(f"wrote {output}")
    return Exit.FINE


def _form(output: Path | None) -> str:
    """What the file's ending says."""
    ending = output.suffix.lower() if output else ""
    return {".html": "html", ".htm": "html", ".json": "json"}.get(ending, "md")


def _text(comparison: Comparison, form: str) -> str:
    if form == "html":
        from nbstage.compare.told.page import as_page

        return as_page(comparison)
    if form == "json":
        from nbstage.compare.told.data import as_data
        from nbstage.report.data import as_json

        return as_json(as_data(comparison)) + "\n"
    from nbstage.compare.told.markdown import as_markdown

    return as_markdown(comparison)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"'{output}' can't be written: {error.strerror}",
            "name a file in a folder that is there.",
        ) from None
