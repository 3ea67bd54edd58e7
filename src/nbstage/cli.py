"""The command line: arguments -> use case -> text and exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen, notebooks_argument
from nbstage.errors import UserError
from nbstage.help_page import Commands, Later, print_version

if TYPE_CHECKING:
    from nbstage.report.data import Plain

# A command imports what it needs when it runs: `nbstage --help` does not wait for that.


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. Every exception ends here."""
    from nbstage.terminal import (
        close_quietly,
        confess,
        ended_tidily,
        escape_unprintable,
        refuse,
        say,
    )

    # What a conversion makes lives until its end: to look for garbage as often as Python does by
    # itself takes a fifth of the time, and finds none.
    gc.set_threshold(100_000, 20, 20)
    # At the end of the process Python would look through all that was imported, three times.
    atexit.register(gc.freeze)
    escape_unprintable()
    try:
        with ended_tidily():
            code = _run(sys.argv[1:] if args is None else list(args))
        sys.stdout.flush()
        return code
    except UserError as error:
        refuse(error.message, error.hint)
        return Exit.USAGE
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "nbstage"
        refuse(error.format_message(), f"see `{command} --help`.")
        return Exit.USAGE
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        close_quietly()
        return Exit.PIPE_CLOSED
    except Exception:
        confess()
        return Exit.DEFECT


@click.group(
    cls=Commands,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="nbstage init\nnbstage show notebooks/churn.ipynb\nnbstage convert && nbstage repro",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Show the version and exit.",
)
@click.pass_context
def cli(ctx: click.Context) -> int:
    """Turn tagged notebooks into DVC pipelines that compute what the notebooks compute."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return Exit.FINE


_diffs = click.option("--diff", "diffs", is_flag=True, help="Show the changes line by line.")


@cli.command(
    short_help="Make a folder a project: git, DVC, a first notebook.",
    epilog="nbstage init\nnbstage init my-project",
)
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Make DIR (default: the current folder) a project: git, DVC, folders, settings.

    Adds what is missing and overwrites nothing. A project without a notebook gets a first one
    that works at once.
    """
    from nbstage.report.plain import make_line
    from nbstage.scaffold.adopt import adopt, advice
    from nbstage.terminal import patience

    with patience("setting up the project"):
        steps = adopt(folder)
    for step in steps:
        click.echo(f"{step.did.value:<8}  {make_line(step.what)}")
    click.echo(f"\n{advice(folder, steps)}")
    return Exit.FINE


@cli.command(
    short_help="Write the pipeline of the notebooks.",
    epilog="nbstage convert\n"
    "nbstage convert notebooks/churn.ipynb\n"
    "nbstage convert --dry-run --diff",
)
@notebooks_argument
@click.option("--force", is_flag=True, help="Overwrite generated files that were edited by hand.")
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option("--static", is_flag=True, help="Never run a notebook.")
@_diffs
@as_json_option
def convert(
    notebooks: tuple[str, ...],
    *,
    force: bool,
    dry_run: bool,
    static: bool,
    diffs: bool,
    as_json: bool,
) -> int:
    """Write the pipeline of the notebooks NB (default: all of the project).

    Nothing is written if a notebook has an error. An unchanged notebook changes nothing. Where a
    notebook's code leaves open what a call changes or gives, and the pipeline depends on it, the
    notebook is run first, as by `nbstage trace`; not with --static or --dry-run.
    """
    from nbstage.app import convert as convert_notebooks
    from nbstage.cli_trace import step_text
    from nbstage.report.problems import has_errors
    from nbstage.terminal import patience, print_outcome, print_outcome_as_json, steps

    root, names = chosen(notebooks)
    with patience("converting"), steps() as say:
        outcome = convert_notebooks(
            root,
            names,
            force=force,
            dry_run=dry_run,
            static=static,
            started=lambda *step: say(f"tracing: {step_text(*step)}"),
        )
    failed = has_errors(outcome.problems)
    written = not failed and not dry_run and bool(outcome.changes)
    if as_json:
        print_outcome_as_json(outcome, written=written, diffs=diffs)
    else:
        print_outcome(outcome, written=written, diffs=diffs)
        if failed:
            click.echo("nothing was written")
        elif written:
            click.echo("next: nbstage repro (or dvc repro)")
    return Exit.TO_FIX if failed else Exit.FINE


@cli.command(
    short_help="Say what convert would change, and all problems.",
    epilog="nbstage check\nnbstage check --diff",
)
@notebooks_argument
@_diffs
@as_json_option
def check(notebooks: tuple[str, ...], *, diffs: bool, as_json: bool) -> int:
    """Say what convert would change, and all problems. Runs nothing and writes nothing.

    The exit code is 1 if there is an error or anything to change; notes alone do not count.
    """
    from nbstage.app import check as check_notebooks
    from nbstage.report.problems import has_errors
    from nbstage.terminal import patience, print_outcome, print_outcome_as_json

    root, names = chosen(notebooks)
    with patience("checking"):
        outcome = check_notebooks(root, names)
    if as_json:
        print_outcome_as_json(outcome, written=False, diffs=diffs)
    else:
        print_outcome(outcome, written=False, diffs=diffs)
    return Exit.TO_FIX if outcome.changes or has_errors(outcome.problems) else Exit.FINE


for _name, _module in {
    "show": "nbstage.cli_show",
    "params": "nbstage.cli_params",
    "sync": "nbstage.cli_sync",
    "tag": "nbstage.cli_tag",
    "trace": "nbstage.cli_trace",
    "verify": "nbstage.cli_verify",
    "contract": "nbstage.cli_contract",
    "report": "nbstage.cli_report",
    "gate": "nbstage.cli_gate",
    "repro": "nbstage.cli_repro",
    "comment": "nbstage.cli_comment",
    "register": "nbstage.cli_register",
    "promote": "nbstage.cli_register",
    "rollback": "nbstage.cli_register",
    "models": "nbstage.cli_models",
    "score": "nbstage.cli_score",
    "serve": "nbstage.cli_serve",
    "smoke": "nbstage.cli_deploy",
    "deploy": "nbstage.cli_deploy",
    "receive": "nbstage.cli_deploy",
}.items():
    cli.add_command(Later(_name, _module))


@cli.command(
    short_help="Say what a problem code means.",
    epilog="nbstage explain NBS201\nnbstage explain",
)
@click.argument("code", required=False)
@as_json_option
def explain(code: str | None, *, as_json: bool) -> int:
    """Say what the problem code CODE means: wrong, why, right. Without CODE: list all codes."""
    from nbstage.explain import codes, lookup
    from nbstage.terminal import print_json

    if code is None:
        titles = codes()
        text = "\n".join(f"{name}  {title}" for name, title in sorted(titles.items()))
        data: Plain = {"codes": dict(sorted(titles.items()))}
    else:
        name = f"NBS{code}" if code.isdecimal() else code.upper()
        found = lookup(name)
        if found is None:
            raise UserError(f"there is no problem code '{code}'", _near_codes(name, codes()))
        text, data = found.strip(), {"code": name, "text": found.strip()}
    if as_json:
        print_json(data)
    else:
        click.echo(text)
    return Exit.FINE


def _run(args: list[str]) -> int:
    """Not `cli.main`: that would swallow what `main` is there to catch."""
    if "_NBSTAGE_COMPLETE" in os.environ:
        cli.main(args, prog_name="nbstage")
    try:
        with cli.make_context("nbstage", args) as ctx:
            code: int = cli.invoke(ctx)
            return code
    except click.exceptions.Exit as done:
        return done.exit_code


def _near_codes(code: str, titles: dict[str, str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(code, titles, n=3)
    return f"did you mean {' or '.join(near)}?" if near else "`nbstage explain` lists all codes."
