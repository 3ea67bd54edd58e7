"""`nbstage serve`: arguments -> use case -> text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.app.serving import Serving

# Imported when the command runs: `nbstage --help` does not wait for that.

_PATH = click.Path(path_type=Path)


@click.command(
    cls=Command,
    short_help="Answer requests for predictions.",
    epilog="nbstage serve --new-token alice\n"
    "nbstage serve model@prod --workers 2\n"
    "nbstage serve . --no-auth --allow-pickle",
)
@click.argument("model", required=False)
@click.option("--host", default="127.0.0.1", help="Where to listen. [default: 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    help="0 finds a free one. [default: 8000]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Processes that answer. [default: by the settings, else 1]",
)
@click.option("--tokens", metavar="FILE", type=_PATH, help="Where the tokens' hashes are.")
@click.option("--no-auth", is_flag=True, help="Ask nobody for a token; on this machine only.")
@click.option("--log", metavar="DIR", type=_PATH, help="Where predictions are logged.")
@click.option("--no-log", is_flag=True, help="Log no predictions.")
@click.option("--allow-pickle", is_flag=True, help="Read models that could run code when read.")
@click.option("--shadow-file", type=_PATH, hidden=True, help="Where copies of requests go.")
@click.option("--socket", type=_PATH, hidden=True, help="Where to listen as well.")
@click.option("--new-token", metavar="NAME", help="Make a token, show it once, and stop.")
@click.option("--revoke-token", metavar="NAME", help="Make a token worthless, at once, and stop.")
def serve(
    *,
    model: str | None,
    host: str,
    port: int,
    workers: int | None,
    tokens: Path | None,
    no_auth: bool,
    log: Path | None,
    no_log: bool,
    allow_pickle: bool,
    shadow_file: Path | None,
    socket: Path | None,
    new_token: str | None,
    revoke_token: str | None,
) -> int:
    """Answer requests for predictions over HTTP: /predict, /health, /metrics, and /docs to read.

    MODEL is a version (model@prod, model@v1.2.0), a bundle's folder, a model's file in a project,
    or a project's folder, `.` for the one here. Who asks needs a token. Ctrl-C or SIGTERM end it
    once everything that was asked is answered.
    """
    if new_token is not None:
        return _make_token(new_token, tokens)
    if revoke_token is not None:
        return _revoke_token(revoke_token, tokens)
    if model is None:
        raise UserError("there is no model to serve", "name one: `nbstage serve model@prod`.")
    from nbstage.app.serving import Asked
    from nbstage.app.serving import serve as serve_model
    from nbstage.terminal import say

    asked = Asked(
        host, port, workers, tokens, no_auth, log, no_log, allow_pickle, shadow_file, socket
    )
    serve_model(model, asked, started=_print_started, say=say)
    click.echo("stopped; all that was asked is answered")
    return Exit.FINE


def _make_token(name: str, file: Path | None) -> int:
    from nbstage.app.serving import new_token
    from nbstage.terminal import say

    token, path = new_token(name, file)
    say(f"'{path}' now has a hash of this token, which is shown only here:")
    click.echo(token)
    say('use it as: curl -H "Authorization: Bearer TOKEN" ...')
    return Exit.FINE


def _revoke_token(name: str, file: Path | None) -> int:
    from nbstage.app.serving import revoke_token

    path = revoke_token(name, file)
    click.echo(f"'{path}' has no token '{name}' any more; services that read it refuse it now")
    return Exit.FINE


def _print_started(serving: Serving) -> None:
    from nbstage.report.plain import make_line

    bundle, service = serving.bundle, serving.service
    version = f" {bundle.version}" if bundle.version else ""
    count = f"{service.workers} worker{'' if service.workers == 1 else 's'}"
    click.echo(make_line(f"serving {bundle.model}{version} at {serving.address} with {count}"))
    click.echo(f"  {serving.address}/docs shows what a row is")
    folder = service.logging.folder
    fields = ", ".join(service.logging.fields) or "none of a row's fields"
    click.echo(f"  log of predictions: {f'{folder}, {fields}' if folder else 'off'}")
    if service.open:
        click.echo("  open to everybody on this machine (--no-auth)")
