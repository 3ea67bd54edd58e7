"""The use cases of nbstage: the only room that knows in which order things are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.app.notebooks import Found, Made, convert_all, has_error
from nbstage.app.writing import outcome_of, parts_of
from nbstage.config import read_config
from nbstage.convert import disk, plan
from nbstage.convert.doubts import cells_in_doubt
from nbstage.convert.sections import in_section
from nbstage.convert.stages import workdir_of
from nbstage.errors import UserError
from nbstage.model import (
    CellKind,
    Config,
    Notebook,
    Outcome,
    Pipeline,
    Retraced,
    Shown,
)
from nbstage.notebook.read import read
from nbstage.project import find_notebooks

if TYPE_CHECKING:
    from nbstage.trace.nouns import Traced
    from nbstage.verify.nouns import Tolerance, Verification, Verified

Started = Callable[[int, str, int, int], None]


def convert(
    root: Path,
    notebooks: tuple[str, ...] = (),
    *,
    force: bool = False,
    dry_run: bool = False,
    static: bool = True,
    started: Started = lambda cell, stage, now, of: None,
) -> Outcome:
    """Write the pipeline of the notebooks (all of the project's, if none is named); nothing if a
    problem is an error.

    Unless `static`, a notebook is traced first where its code leaves something open that the
    pipeline depends on; `started` is then called as by `trace`.
    """
    config = read_config(root)
    paths = notebooks or find_notebooks(root, config)
    made = convert_all(root, config, paths)
    retraced = () if static or dry_run else _trace_doubts(root, config, made[0], started)
    if any(not one.failure for one in retraced):
        made = convert_all(root, config, paths)
    outcome = outcome_of(root, config, notebooks, made, force=force)
    if not dry_run and not has_error(outcome.problems):
        disk.apply(root, outcome.changes)
    return replace(outcome, retraced=retraced)


def check(root: Path, notebooks: tuple[str, ...] = ()) -> Outcome:
    """What `convert` would change, and all problems. Runs and writes nothing."""
    config = read_config(root)
    made = convert_all(root, config, notebooks or find_notebooks(root, config))
    return outcome_of(root, config, notebooks, made, force=False)


def show(root: Path, notebook: str) -> Shown:
    """The pipeline of one notebook as far as it can be told, and its problems."""
    config = read_config(root)
    return _shown(config, convert_all(root, config, (notebook,)))


def show_page(root: Path, notebook: str) -> tuple[str, Shown]:
    """The same as one HTML page, with code, times and a look into the files on disk."""
    from nbstage.page.page import page
    from nbstage.page.view import see

    config = read_config(root)
    made = convert_all(root, config, (notebook,))
    shown = _shown(config, made)
    converted = made[0][0][0] if made[0] else None
    facts = converted.program.facts if converted else {}
    blocks = converted.blocks if converted else ()
    held = converted.given if converted else {}
    values = {in_section(config.prefixes.get(notebook, ""), name): held[name] for name in held}
    return page(see(root, notebook, shown, blocks, facts, values)), shown


def _shown(config: Config, made: Made) -> Shown:
    found, problems = made
    if any(has_error((problem,)) and problem.code < "NBS113" for problem in problems):
        return Shown(Pipeline(), problems)
    return Shown(plan.together(parts_of(found, config)), problems)


def verify(
    root: Path,
    notebooks: tuple[str, ...] = (),
    *,
    tolerance: Tolerance,
    keep: Path | None,
    say: Callable[[str], None],
) -> Verification:
    """What notebooks and pipelines compute, each run from scratch in a copy, compared. Nothing is
    run where a notebook has an error or its pipeline is out of step.
    """
    from nbstage.verify.nouns import Verification
    from nbstage.verify.run import verify_notebook

    config = read_config(root)
    made = convert_all(root, config, notebooks or find_notebooks(root, config))
    outcome = outcome_of(root, config, notebooks, made, force=False)
    if outcome.changes or has_error(outcome.problems):
        return Verification((), outcome.problems, outcome.changes)
    found, _ = made
    done: list[Verified] = []
    for converted, _ in found:
        folder = keep if keep is None or len(found) == 1 else keep / str(len(done) + 1)
        done.append(
            verify_notebook(
                root, converted, converted.given, tolerance=tolerance, keep=folder, say=say
            )
        )
    return Verification(tuple(done), outcome.problems)


def trace(
    root: Path,
    notebook: str,
    *,
    timeout: float | None = None,
    started: Started = lambda cell, stage, now, of: None,
) -> Traced:
    """Run a notebook once and keep facts of each cell, if it comes to its end.

    One that can't be converted is run all the same. `started` gets each cell's number and stage,
    its position among the code cells, and their count.
    """
    from nbstage.trace.nouns import Traced
    from nbstage.trace.observe import trace_notebook

    config = read_config(root)
    read_in = read(root / notebook, root)
    if not isinstance(read_in, Notebook):
        return Traced(notebook, problems=read_in)
    found, problems = convert_all(root, config, (notebook,))
    converted = found[0][0] if found else None
    numbers = [cell.number for cell in read_in.cells if cell.kind is CellKind.CODE]
    done = trace_notebook(
        root,
        read_in,
        converted if not has_error(problems) else None,
        workdir=workdir_of(config, notebook),
        parameters=converted.given if converted else {},
        timeout=timeout,
        started=lambda cell, stage: started(cell, stage, numbers.index(cell) + 1, len(numbers)),
    )
    return replace(done, problems=problems)


def _trace_doubts(
    root: Path, config: Config, found: Found, started: Started
) -> tuple[Retraced, ...]:
    """Trace the notebooks whose code leaves something open. One that can't be run is converted
    from its code alone.
    """
    done: list[Retraced] = []
    for converted, _ in found:
        cells = cells_in_doubt(converted.flow, config)
        if not cells:
            continue
        path = converted.notebook.path
        try:
            failure = _failure(trace(root, path, started=started))
        except UserError as error:
            failure = f"{error.message}: {error.hint}"
        done.append(Retraced(path, cells, failure))
    return tuple(done)


def _failure(traced: Traced) -> str:
    if traced.ok or traced.failure is None:
        return ""
    stage = f" (stage '{traced.failed_stage}')" if traced.failed_stage else ""
    return f"cell {traced.failure.cell}{stage}: {traced.failure.ename}"
