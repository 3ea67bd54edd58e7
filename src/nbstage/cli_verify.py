"""`nbstage verify`: arguments -> use case -> text and exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option, chosen, notebooks_argument
from nbstage.errors import UserError
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.verify.nouns import Verification

# Imported when the command runs: `nbstage --help` does not wait for that.


@click.command(
    cls=Command,
    short_help="Run notebook and pipeline from scratch and compare what they make.",
    epilog="nbstage verify\nnbstage verify notebooks/churn.ipynb --rtol 1e-9\n"
    "nbstage verify --keep /tmp/both",
)
@notebooks_argument
@click.option(
    "--rtol", default=0.0, help="How far floats may be apart, relative to the notebook's."
)
@click.option("--atol", default=0.0, help="How far floats may be apart in any case.")
@click.option(
    "--keep",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep both copies of the project in DIR, to look at.",
)
@as_json_option
def verify(
    notebooks: tuple[str, ...], *, rtol: float, atol: float, keep: Path | None, as_json: bool
) -> int:
    """Run the notebooks NB (default: all of the project) and their pipelines from scratch, each in
    a copy of the project of its own, and compare every value that crosses stages, every metric,
    plot table and written file.

    Both start from the same fixed state: hash seed and global random generators. Equal means
    equal: types, dtypes, indexes, the last digit, unless --rtol or --atol allow for more. What two
    runs of the notebook itself make differently is told apart, as not reproducible. The exit code
    is 1 if anything differs. The project itself is not touched.
    """
    from nbstage.app import verify as verify_notebooks
    from nbstage.terminal import print_json, steps
    from nbstage.verify.nouns import Tolerance
    from nbstage.verify.told import verification_as_data

    root, names = chosen(notebooks)
    tolerance = Tolerance(_positive("--rtol", rtol), _positive("--atol", atol))
    with steps() as say:
        done = verify_notebooks(
            root, names, tolerance=tolerance, keep=_empty_folder(root, keep), say=say
        )
    if as_json:
        print_json(verification_as_data(done))
    else:
        _print(done)
    return Exit.FINE if done.ok else Exit.TO_FIX


def _print(done: Verification) -> None:
    from nbstage.report.changes import changes_as_text
    from nbstage.report.problems import has_errors
    from nbstage.terminal import paint_for, print_problems
    from nbstage.verify.told import verified_as_text

    paint = paint_for(sys.stdout)
    if has_errors(done.problems):
        print_problems(done.problems)
        click.echo("nothing was run")
        return
    if done.stale:
        click.echo("the pipeline is out of step with its notebook: `nbstage convert` would")
        for line in changes_as_text(done.stale, paint).split("\n"):
            click.echo(f"  {line}")
        click.echo("nothing was run; next: nbstage convert")
        return
    click.echo("\n\n".join(verified_as_text(verified, paint) for verified in done.notebooks))


def _positive(option: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise UserError(f"'{option}' can't be {value}", f"write it like `{option} 1e-9`.")
    return value


def _empty_folder(root: Path, keep: Path | None) -> Path | None:
    """The folder for the copies, which must not lie in the project: it would be copied itself."""
    if keep is None:
        return None
    folder = keep.absolute()
    if folder.resolve().is_relative_to(root.resolve()):
        raise UserError(
            f"'{keep}' is inside the project", "name a folder outside of it: it gets copies of it."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"'{keep}' is there already", "name a folder that is empty or not there.")
    return folder
