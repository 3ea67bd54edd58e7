"""`nbstage deploy` and `nbstage smoke`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import click

from nbstage.arguments import Exit, as_json_option, chosen, wait_option
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.deploy.nouns import Deployed, Failed, Say, Shadowed
    from nbstage.report.data import Plain
    from nbstage.report.paint import Paint

# Imported when the command runs: `nbstage --help` does not wait for that.

_Done = TypeVar("_Done")


@click.command(
    cls=Command,
    short_help="Put a version in the place of the one that is served.",
    epilog="nbstage deploy model@v1.2.0 --to staging\n"
    "nbstage deploy model@prod --to production --canary 10%\n"
    "nbstage deploy model@prod --to production --shadow\n"
    "nbstage deploy --start --to production",
)
@click.argument("version", required=False)
@click.option("--to", required=True, metavar="TARGET", help="Where to, as in pyproject.toml.")
@click.option("--canary", metavar="10%", help="Give it this share of the requests first.")
@click.option("--shadow", is_flag=True, help="Give it copies of requests, and stop it then.")
@click.option(
    "--hold",
    type=click.FloatRange(0),
    default=60.0,
    metavar="SECONDS",
    help="How long it keeps each share, or gets copies. [default: 60]",
)
@click.option("--start", is_flag=True, help="Serve again what was served, after a reboot.")
@wait_option
@as_json_option
def deploy(
    *,
    version: str | None,
    to: str,
    canary: str | None,
    shadow: bool,
    hold: float,
    start: bool,
    wait: float,
    as_json: bool,
) -> int:
    """Serve VERSION (model@v1.2.0, model@prod, a bundle's folder) at TARGET.

    It starts beside the version that is served, and is tested: health, version, a prediction that
    has to be the recorded one, latency. Then requests go to it, and the old one ends what it has
    begun. Where it fails, the old one serves on, and the exit code is 1. TARGET is a table
    [tool.nbstage.deploy.targets.TARGET] in pyproject.toml.

    With --shadow the old one serves on, and the new one gets copies of its requests: how many rows
    it predicts otherwise is told, and it is stopped.
    """
    from nbstage.app import deploying

    if (version is None) != start:
        raise UserError(
            "name a version to deploy, or --start",
            "nbstage deploy model@v1.2.0 --to staging",
        )
    if shadow and (start or canary is not None):
        raise UserError(
            "a shadow answers nobody: it gets no share of the requests, and does not serve",
            "leave out `--canary` and `--start`, or `--shadow`.",
        )
    asked = deploying.Asked(_percent(canary), hold, wait)
    root, _ = chosen(())
    if version is None:
        return deployed(lambda say: deploying.start(root, to, wait, say), to, as_json=as_json)
    if shadow:
        shade = partial(deploying.shadow, root, version, to, asked)
        return _shadowed(shade, to, as_json=as_json)
    return deployed(
        lambda say: deploying.deploy(root, version, to, asked, say), to, as_json=as_json
    )


@click.command(
    cls=Command,
    short_help="Test a service: health, version, a prediction, latency.",
    epilog="nbstage smoke production\nnbstage smoke http://127.0.0.1:8000 model@prod",
)
@click.argument("where", metavar="TARGET|URL")
@click.argument("version", required=False)
@click.option(
    "--latency",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="For a row's prediction, at most. [default: by the target, else 1]",
)
@as_json_option
def smoke(*, where: str, version: str | None, latency: float | None, as_json: bool) -> int:
    """Ask the service at TARGET, or at a URL, whether it does what its version should.

    It has to be ready, serve VERSION (default: what was deployed there), predict the examples of
    the version's bundle as they were recorded, and be fast enough. The exit code is 1 if not. A URL
    gets the token in NBSTAGE_TOKEN.
    """
    from nbstage.app.deploying import look
    from nbstage.deploy.nouns import Failed
    from nbstage.deploy.smoke import passed
    from nbstage.deploy.told import checks_as_data, checks_as_text
    from nbstage.terminal import paint_for, print_json, steps

    root, _ = chosen(())
    try:
        with steps() as say:
            checks = look(root, where, version or "", latency, say)
    except Failed as error:
        return failed(error, as_json=as_json)
    if as_json:
        print_json({"ok": passed(checks), "checks": checks_as_data(checks)})
    else:
        click.echo(checks_as_text(checks, paint_for(sys.stdout)))
    return Exit.FINE if passed(checks) else Exit.TO_FIX


def deployed(do: Callable[[Say], Deployed], target: str, *, as_json: bool) -> int:
    """Say what a deployment came to; gives the exit code."""
    from nbstage.deploy.told import deployed_as_data, deployed_as_text

    done = _told(do, target, deployed_as_text, deployed_as_data, as_json=as_json)
    return Exit.FINE if done else Exit.TO_FIX


def _shadowed(do: Callable[[Say], Shadowed], target: str, *, as_json: bool) -> int:
    """Say how a shadow did; gives the exit code."""
    from nbstage.deploy.told_shadow import shadowed_as_data, shadowed_as_text

    done = _told(do, target, shadowed_as_text, shadowed_as_data, as_json=as_json)
    return Exit.FINE if done and done.ok else Exit.TO_FIX


def _told(
    do: Callable[[Say], _Done],
    target: str,
    as_text: Callable[[_Done, str, Paint], str],
    as_data: Callable[[_Done, str], dict[str, Plain]],
    *,
    as_json: bool,
) -> _Done | None:
    """What is done, which is said; None where it failed, which is said too."""
    from nbstage.deploy.nouns import Failed
    from nbstage.terminal import paint_for, print_json, steps

    try:
        with steps() as say:
            done = do(say)
    except Failed as error:
        failed(error, as_json=as_json)
        return None
    if as_json:
        print_json(as_data(done, target))
    else:
        click.echo(as_text(done, target, paint_for(sys.stdout)))
    return done


def failed(error: Failed, *, as_json: bool) -> int:
    """Say why a version doesn't serve; gives the exit code."""
    from nbstage.terminal import print_json, refuse

    if as_json:
        print_json({"ok": False, "failed": error.message, "hint": error.hint})
    else:
        refuse(error.message, error.hint)
    return Exit.TO_FIX


def _percent(text: str | None) -> int:
    if text is None:
        return 0
    found = re.fullmatch(r"([1-9]\d?)%?", text, re.ASCII)
    if found is None:
        raise UserError(f"'{text}' is no share of the requests", "take one from 1% to 99%.")
    return int(found[1])


@click.command(
    cls=Command, hidden=True, short_help="The other end of a deployment.", epilog="nbstage receive"
)
def receive() -> int:
    """Carry out what `nbstage deploy` on another machine sends by ssh to standard input."""
    from nbstage.deploy.fulfil import receive as receive_request

    receive_request(sys.stdin.buffer, sys.stdout)
    return Exit.FINE
