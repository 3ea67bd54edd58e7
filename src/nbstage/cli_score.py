"""`nbstage score`: arguments -> use case -> text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbstage.arguments import Exit, as_json_option
from nbstage.help_page import Command

if TYPE_CHECKING:
    from nbstage.report.data import Plain
    from nbstage.score.nouns import Scored

# Imported when the command runs: `nbstage --help` does not wait for that.

_PATH = click.Path(path_type=Path)
_SELDOM, _OFTEN = 15.0, 0.3


@click.command(
    cls=Command,
    short_help="Predict for every row of a file.",
    epilog="nbstage score model@prod customers.parquet predictions.parquet\n"
    "nbstage score . customers.csv predictions.csv --allow-pickle",
)
@click.argument("model")
@click.argument("source", metavar="INPUT", type=_PATH)
@click.argument("output", type=_PATH)
@click.option("--allow-pickle", is_flag=True, help="Read models that could run code when read.")
@click.option("--force", is_flag=True, help="Write OUTPUT anew where it is there.")
@as_json_option
def score(
    model: str, source: Path, output: Path, *, allow_pickle: bool, force: bool, as_json: bool
) -> int:
    """Predict for every row of INPUT and write the predictions to OUTPUT, in the same order.

    MODEL is a version (model@prod, model@v1.2.0), a bundle's folder, a model's file in a project,
    or a project's folder, `.` for the one here. Files are CSV, JSON lines or Parquet by their
    endings. Rows are read in chunks: any size fits in memory, and a run that was ended goes on
    where it stopped. Rows that can't be predicted go to OUTPUT.bad.jsonl with what is wrong with
    each field; then the exit code is 1.
    """
    from nbstage.app.scoring import score as score_file
    from nbstage.bundle import RefusedPath
    from nbstage.terminal import print_json, refuse, steps

    try:
        with steps() as say:
            done = score_file(
                model,
                source,
                output,
                allow_pickle=allow_pickle,
                force=force,
                say=say,
                told=_progress(say),
            )
    except RefusedPath as error:
        refuse(error.message, error.hint)
        return Exit.TO_FIX
    if as_json:
        print_json(_data(done))
    else:
        click.echo(_text(done))
    return Exit.TO_FIX if done.bad else Exit.FINE


def _progress(say: Callable[[str], None]) -> Callable[[int, float], None]:
    """Tells how far it is: on a terminal several times a second, in a log now and then."""
    import sys
    import time

    last = time.monotonic()
    first: list[tuple[float, int, float]] = []
    pause = _OFTEN if sys.stderr.isatty() else _SELDOM

    def told(rows: int, share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if not first:
            first.append((now, rows, share))  # what an earlier run did is not this one's speed
            return
        if now - last < pause:
            return
        last = now
        start, rows_before, share_before = first[0]
        speed = (rows - rows_before) / (now - start)
        gone = share - share_before
        left = (1 - share) / gone * (now - start) if gone > 0 else 0.0
        bar = "=" * int(20 * share)
        say(f"[{bar:<20}] {share:4.0%}  {rows:,} rows, {speed:,.0f} a second, {left:,.0f} s left")

    return told


def _text(done: Scored) -> str:
    good = done.rows - done.bad
    lines = [
        f"wrote {done.output}: {_counted(good, 'prediction')} for {_counted(done.rows, 'row')}"
    ]
    if done.resumed:
        lines.append(f"  {_counted(done.resumed, 'row')} of them by a run before that was ended")
    if done.bad:
        lines.append(f"wrote {done.bad_rows}: {_counted(done.bad, 'bad row')} with what is wrong")
        lines += [f"  {name or 'the row itself'}: {count:,}" for name, count in done.problems]
    return "\n".join(lines)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _data(done: Scored) -> dict[str, Plain]:
    return {
        "output": str(done.output),
        "rows": done.rows,
        "bad": done.bad,
        "bad_rows": None if done.bad_rows is None else str(done.bad_rows),
        "resumed": done.resumed,
        "fields": dict(done.problems),
    }
