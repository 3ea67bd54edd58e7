"""`nbstage gate`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys

import click

from nbstage.arguments import Exit, as_json_option, baseline_option, chosen, fetch_option
from nbstage.help_page import Command

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Exit with 1 where the project doesn't keep to its policy.",
    epilog="nbstage gate\nnbstage gate --baseline v1.2 --json",
)
@baseline_option
@fetch_option
@click.option("--no-rerun", is_flag=True, help="Run no stage again: trust what is committed.")
@click.option(
    "--no-remote", is_flag=True, help="Don't ask the DVC remote, where there is no access to it."
)
@as_json_option
def gate(
    *, baseline: str | None, fetch: bool, no_rerun: bool, no_remote: bool, as_json: bool
) -> int:
    """Hold the project to the policy in [tool.nbstage.gate] of pyproject.toml.

    Metrics and predictions are compared with the baseline, as `nbstage report` does. And they must
    be genuine: no stage is stale, everything is committed and in the DVC remote, and the stages
    that the policy names (default: those with metrics, and those that changed) write the same
    again, in a copy of the project. The exit code is 1 if anything is unmet; all of it is said.
    """
    from nbstage.app.reporting import gate as gate_project
    from nbstage.gate.nouns import LeftOut
    from nbstage.gate.told import gated_as_data, gated_as_text
    from nbstage.terminal import paint_for, print_json, steps

    root, _ = chosen(())
    with steps() as say:
        left_out = LeftOut(rerun=no_rerun, remote=no_remote)
        gated = gate_project(root, baseline, fetch=fetch, left_out=left_out, say=say)
    if as_json:
        print_json(gated_as_data(gated))
    else:
        click.echo(gated_as_text(gated, paint_for(sys.stdout)))
    return Exit.FINE if gated.ok else Exit.TO_FIX
