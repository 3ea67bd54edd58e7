"""What the commands have in common: exit codes, and the notebooks that were named."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

import click

from nbstage.errors import UserError


class Exit(IntEnum):
    """The exit codes of every command."""

    FINE = 0
    TO_FIX = 1
    USAGE = 2
    DEFECT = 3
    INTERRUPTED = 130
    PIPE_CLOSED = 141


as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
fetch_option = click.option(
    "--fetch", is_flag=True, help="Bring the baseline's predictions and plots from the DVC remote."
)
baseline_option = click.option(
    "--baseline",
    metavar="REV",
    help="The revision to compare with. [default: the merge base with main]",
)
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0),
    default=300.0,
    metavar="SECONDS",
    help="How long to wait for another deployment. [default: 300]",
)
notebooks_argument = click.argument("notebooks", nargs=-1, metavar="[NB]...")


def chosen(names: tuple[str, ...]) -> tuple[Path, tuple[str, ...]]:
    """The project's root and the notebooks named, relative to it."""
    from nbstage.config import find_root
    from nbstage.project import name_notebooks

    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise UserError(
            "the current folder no longer exists", "go to your project's folder."
        ) from None
    root = find_root(folder)
    return root, name_notebooks(root, folder, names)


def only_notebook(root: Path) -> str:
    """The project's notebook, where just one is meant and none was named."""
    from nbstage.config import read_config
    from nbstage.project import find_notebooks

    found = find_notebooks(root, read_config(root))
    if len(found) > 1:
        raise UserError(
            f"the project has {len(found)} notebooks: {', '.join(found)}", "name the one to show."
        )
    return found[0]
