"""`nbstage contract`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import click

from nbstage.arguments import Exit, as_json_option, chosen
from nbstage.help_page import Command

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Write down what stored tables have to be.",
    epilog="nbstage contract\nnbstage contract clean.customers\nnbstage contract --update",
)
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@click.option(
    "--update", is_flag=True, help="Write contracts anew that say otherwise than the tables do."
)
@as_json_option
def contract(tables: tuple[str, ...], *, update: bool, as_json: bool) -> int:
    """Infer a contract from each TABLE that a stage has stored (default: all): its columns, their
    types, ranges, missing values and, where there are few, values.

    TABLE is an artifact's path or STAGE.NAME. The contract goes to contracts/STAGE/NAME.yaml, for
    you to edit; one that is there stays. After `nbstage convert` a stage whose table breaks its
    contract stops, and says all that is wrong.
    """
    from nbstage.app.contracting import contract as write_contracts
    from nbstage.contracts.nouns import Did
    from nbstage.contracts.told import as_data, as_text
    from nbstage.terminal import patience, print_json

    root, _ = chosen(())
    with patience("reading the tables"):
        done = write_contracts(root, tables, update=update)
    if as_json:
        print_json(as_data(done))
        return Exit.FINE
    click.echo(as_text(done))
    dids = {getattr(one, "did", None) for one in done}
    if Did.KEPT in dids:
        click.echo("to write it anew from the table: nbstage contract --update")
    if dids & {Did.CREATED, Did.UPDATED}:
        click.echo("next: look through it, then nbstage convert, then nbstage repro (or dvc repro)")
    return Exit.FINE
