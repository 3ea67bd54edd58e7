"""`nbstage register`, `promote`, `rollback`: arguments -> use case -> text and exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen, wait_option
from nbstage.cli_deploy import deployed
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.registry.nouns import Moved, Refused

# Imported when the command runs: `nbstage --help` does not wait for that.

_sign = click.option("--sign", is_flag=True, help="Sign the tag with your SSH key.")
_push = click.option(
    "--push/--no-push",
    default=None,
    help="Give the tag to 'origin'. [default: if there is one]",
)
_reason = click.option("-m", "--message", default="", metavar="TEXT", help="Why, for the log.")


@click.command(
    cls=Command,
    short_help="Make a version of the model in the commit that is checked out.",
    epilog="nbstage register\n"
    "nbstage register model --path artifacts/train/model.joblib\n"
    "nbstage register --gate gate.json --bump minor --sign",
)
@click.argument("name", default="", metavar="[MODEL]")
@click.option("--path", metavar="FILE", help="Name this file as the model in dvc.yaml, and stop.")
@click.option("--bump", type=click.Choice(["major", "minor", "patch"]), help="How much changed.")
@click.option("--version", "number", default="", metavar="vX.Y.Z", help="The version's number.")
@click.option(
    "--trust", "trusted", multiple=True, metavar="TYPE", help="A type in the model you reviewed."
)
@click.option("--allow-pickle", is_flag=True, help="Release the stage's own file, a pickle.")
@click.option(
    "--gate",
    "verdict",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What `nbstage gate --json` said of this commit. [default: ask the gate]",
)
@click.option("--no-gate", is_flag=True, help="Don't ask the gate; that is kept.")
@click.option("--existing-ok", is_flag=True, help="Exit with 0 if the commit is registered.")
@click.option("--short", is_flag=True, help="Print MODEL@VERSION and nothing else.")
@_reason
@_sign
@_push
@as_json_option
def register(
    *,
    name: str,
    path: str | None,
    bump: str | None,
    number: str,
    trusted: tuple[str, ...],
    allow_pickle: bool,
    verdict: Path | None,
    no_gate: bool,
    existing_ok: bool,
    short: bool,
    message: str,
    sign: bool,
    push: bool | None,
    as_json: bool,
) -> int:
    """Make a version of MODEL (default: the only one below `artifacts:` in dvc.yaml).

    The gate has to be met. The model is written as a skops file, whose types are reviewed; its
    lineage and a model card come with it. All that is a commit beside yours, which its tag alone
    holds: no branch and no file of yours changes. The number goes by what changed since the last
    version: columns (major), code (minor), data or parameters (patch).
    """
    from nbstage.app.registering import Asked
    from nbstage.app.registering import register as register_model
    from nbstage.registry.nouns import Refused
    from nbstage.registry.told import registered_as_data, registered_as_text
    from nbstage.terminal import print_json, steps

    root, _ = chosen(())
    if path is not None:
        return _declare(root, name or "model", path)
    if bump and number:
        raise UserError("both --bump and --version are given", "leave one out.")
    if verdict and no_gate:
        raise UserError("both --gate and --no-gate are given", "leave one out.")
    asked = Asked(
        name,
        bump or "",
        number,
        trusted,
        allow_pickle=allow_pickle,
        verdict=verdict,
        no_gate=no_gate,
        existing_ok=existing_ok,
        reason=message,
        sign=sign,
        push=push,
    )
    try:
        with steps() as say:
            done = register_model(root, asked, say)
    except Refused as error:
        return refused(error, as_json=as_json)
    if as_json:
        print_json(registered_as_data(done))
    elif short:
        click.echo(f"{done.version.name}@{done.version.version}")
    else:
        click.echo(registered_as_text(done))
    return Exit.FINE


def _declare(root: Path, name: str, path: str) -> int:
    from nbstage.app.registering import declare

    declare(root, name, path)
    click.echo(f"dvc.yaml names '{path}' as model '{name}'")
    click.echo(f"next: git commit dvc.yaml, then nbstage register {name}")
    return Exit.FINE


@click.command(
    cls=Command,
    short_help="Put a version of the model into a stage, such as prod.",
    epilog="nbstage promote staging\nnbstage promote model@v1.2.0 prod",
)
@click.argument("words", nargs=-1, required=True, metavar="[MODEL][@VERSION] STAGE")
@click.option("--accept-ungated", is_flag=True, help="Though the gate never judged it.")
@click.option("--existing-ok", is_flag=True, help="Exit with 0 if it is in STAGE already.")
@_reason
@_sign
@_push
@as_json_option
def promote(
    *,
    words: tuple[str, ...],
    accept_ungated: bool,
    existing_ok: bool,
    message: str,
    sign: bool,
    push: bool | None,
    as_json: bool,
) -> int:
    """Put a version (default: the newest) into STAGE, in the place of the one that is there.

    It has to be registered, and to have met the gate. Two promotions at once are one: the slower is
    refused.
    """
    from nbstage.app.registering import promote as promote_version
    from nbstage.registry.names import Named, parse_named

    root, _ = chosen(())
    what, stage = _stage_of(words)
    return _moved(
        lambda: promote_version(
            root,
            parse_named(what) if what else Named(),
            stage,
            message,
            accept_ungated=accept_ungated,
            existing_ok=existing_ok,
            sign=sign,
            push=push,
        ),
        as_json=as_json,
    )


@click.command(
    cls=Command,
    short_help="Bring the version back into a stage that was there before.",
    epilog="nbstage rollback prod\nnbstage rollback model prod -m 'too slow'\n"
    "nbstage rollback --on production",
)
@click.argument("words", nargs=-1, metavar="[MODEL] STAGE")
@click.option("--on", "target", metavar="TARGET", help="Serve there what was served before.")
@wait_option
@_reason
@_sign
@_push
@as_json_option
def rollback(
    *,
    words: tuple[str, ...],
    target: str | None,
    wait: float,
    message: str,
    sign: bool,
    push: bool | None,
    as_json: bool,
) -> int:
    """Bring the version back into STAGE that was there before. Each time again leads further back.

    Nothing is taken away: the log keeps the promotion, and the way back from it. With --on, serve
    the version that a target served before instead; the stages stay as they are.
    """
    from nbstage.app.registering import rollback as roll_back

    if bool(words) == bool(target):
        raise UserError("name a stage, or --on TARGET", "nbstage rollback prod")
    root, _ = chosen(())
    if target is not None:
        from nbstage.app import deploying

        if sign or push is not None:
            raise UserError("--on TARGET makes no tag to sign or push", "leave the other out.")
        return deployed(
            lambda say: deploying.roll_back(root, target, message, wait, say),
            target,
            as_json=as_json,
        )
    name, stage = _stage_of(words)
    return _moved(
        lambda: roll_back(root, name, stage, message, sign=sign, push=push), as_json=as_json
    )


def _stage_of(words: tuple[str, ...]) -> tuple[str, str]:
    """What comes before the stage, "" if nothing does; and the stage."""
    if len(words) > 2:
        raise UserError(f"{len(words)} words are given, where two will do", "MODEL@VERSION STAGE")
    return (words[0] if len(words) == 2 else ""), words[-1]


def _moved(move: Callable[[], Moved], *, as_json: bool) -> int:
    from nbstage.registry.nouns import Refused
    from nbstage.registry.told import moved_as_data, moved_as_text
    from nbstage.terminal import patience, print_json

    try:
        with patience("asking git"):
            done = move()
    except Refused as error:
        return refused(error, as_json=as_json)
    if as_json:
        print_json(moved_as_data(done))
    else:
        click.echo(moved_as_text(done))
    return Exit.FINE


def refused(error: Refused, *, as_json: bool) -> int:
    """Say what the project has to mend; gives the exit code."""
    from nbstage.terminal import print_json, refuse

    if as_json:
        print_json({"ok": False, "refused": error.message, "hint": error.hint})
    else:
        refuse(error.message, error.hint)
    return Exit.TO_FIX
