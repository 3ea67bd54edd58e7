"""`nbstage models`: arguments -> use case -> text and exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.registry.nouns import Model
    from nbstage.report.data import Plain

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="List the models' versions, their log and where they come from.",
    epilog="nbstage models --history\nnbstage models --show v1.2.0\nnbstage models --verify\n"
    "nbstage models --fetch model@prod --to out",
)
@click.argument("name", default="", metavar="[MODEL]")
@click.option("--history", is_flag=True, help="Everything that was done, oldest first.")
@click.option("--show", metavar="VERSION", help="Where a version comes from.")
@click.option("--verify", is_flag=True, help="Replay the log: exit with 1 if it is incoherent.")
@click.option(
    "--signers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="With --verify: each tag is signed by somebody that FILE names.",
)
@click.option("--fetch", metavar="VERSION", help="Lay out a version's model, with its bytes.")
@click.option("--to", metavar="DIR", type=click.Path(path_type=Path), help="Where to lay it out.")
@as_json_option
def models(
    *,
    name: str,
    history: bool,
    show: str | None,
    verify: bool,
    signers: Path | None,
    fetch: str | None,
    to: Path | None,
    as_json: bool,
) -> int:
    """List the models with their versions, the newest first, and the stages that they are in.

    A VERSION is v1.2.0, latest, or a stage; with several models MODEL@VERSION. All of it comes from
    git's tags here, in GTO's format: `gto show` reads them as well, and `git fetch --tags` brings
    those of the server.
    """
    if sum(map(bool, (history, show, verify, fetch))) > 1:
        raise UserError("--history, --show, --verify and --fetch are given", "ask for one of them.")
    if (to is None) != (fetch is None):
        raise UserError("--fetch and --to go together", "nbstage models --fetch v1.2.0 --to out")
    if signers is not None and not verify:
        raise UserError("--signers goes with --verify", "nbstage models --verify --signers FILE")
    root, _ = chosen(())
    if show is not None:
        return _show(root, _named(name, show), as_json=as_json)
    if fetch is not None and to is not None:
        return _fetch(root, _named(name, fetch), to, as_json=as_json)
    shown = _chosen_models(root, name)
    if verify:
        return _verify(root, shown, signers, as_json=as_json)
    return _history(shown, as_json=as_json) if history else _list(shown, as_json=as_json)


def _named(name: str, version: str) -> str:
    """`MODEL@VERSION` of what was said in two places."""
    return version if "@" in version else f"{name}@{version}"


def _show(root: Path, reference: str, *, as_json: bool) -> int:
    from nbstage.registry import resolve
    from nbstage.registry.lineage import read_lineage
    from nbstage.registry.told import lineage_as_text, version_as_data
    from nbstage.report.data import plain_value
    from nbstage.terminal import print_json

    version = resolve(root, reference)
    lineage = read_lineage(root, version)
    if as_json:
        print_json({**version_as_data(version), "lineage": plain_value(lineage)})
    else:
        click.echo(lineage_as_text(version, lineage))
    return Exit.FINE


def _fetch(root: Path, reference: str, to: Path, *, as_json: bool) -> int:
    from nbstage.registry import fetch, resolve
    from nbstage.registry.told import version_as_data
    from nbstage.report.plain import make_line
    from nbstage.terminal import patience, print_json

    version = resolve(root, reference)
    with patience("fetching"):
        files = fetch(root, version, to)
    if as_json:
        print_json({**version_as_data(version), "files": list(files)})
    else:
        click.echo(f"{version.name}@{version.version} in {to}:")
        click.echo("\n".join(f"  {make_line(path)}" for path in files))
    return Exit.FINE


def _chosen_models(root: Path, name: str) -> dict[str, Model]:
    """The model of that name, or all of them."""
    from nbstage.app.registering import models as read_models
    from nbstage.registry.resolve import chosen_model

    found = read_models(root)
    return {name: chosen_model(found, name)} if name else found


def _list(models: dict[str, Model], *, as_json: bool) -> int:
    from nbstage.registry.told import models_as_data, models_as_text
    from nbstage.terminal import print_json

    if as_json:
        print_json({"models": models_as_data(models)})
    else:
        click.echo(models_as_text(models) or "no version of a model is registered here")
    return Exit.FINE


def _history(models: dict[str, Model], *, as_json: bool) -> int:
    from nbstage.registry.told import event_as_data, history_as_text
    from nbstage.terminal import print_json

    if as_json:
        events: dict[str, Plain] = {
            name: [*map(event_as_data, model.events)] for name, model in models.items()
        }
        print_json({"history": events})
    else:
        click.echo("\n\n".join(map(history_as_text, models.values())))
    return Exit.FINE


def _verify(root: Path, models: dict[str, Model], signers: Path | None, *, as_json: bool) -> int:
    from nbstage.app.registering import audit
    from nbstage.compare.told.words import count
    from nbstage.report.plain import make_line
    from nbstage.terminal import print_json

    faults = {name: audit(root, model, signers) for name, model in models.items()}
    if as_json:
        told: dict[str, Plain] = {name: [*found] for name, found in faults.items()}
        print_json({"ok": not any(faults.values()), "faults": told})
    else:
        for name, found in faults.items():
            entries = count(len(models[name].events), "event")
            click.echo(f"{name}: {entries}, {'incoherent' if found else 'coherent'}")
            for fault in found:
                click.echo(f"  {make_line(fault)}")
    return Exit.TO_FIX if any(faults.values()) else Exit.FINE
