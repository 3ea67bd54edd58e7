"""The use cases of nbstage: the only module that knows in which order things are done."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.config import read_config
from nbstage.convert import disk, plan
from nbstage.convert.blocks import Block, arrange
from nbstage.convert.doubts import cells_in_doubt
from nbstage.convert.flow import trace_flow
from nbstage.convert.lock import prune_lock
from nbstage.convert.module_state import states_of
from nbstage.convert.parameters import find_parameters
from nbstage.convert.render.dvc_others import other_stages
from nbstage.convert.render.dvc_yaml import render_dvc_yaml, stage_names, stages_of
from nbstage.convert.render.params_yaml import read_params, render_params_yaml
from nbstage.convert.rules import Converted, judge
from nbstage.convert.rules.project import judge_project
from nbstage.convert.rules.together import Part, Surroundings, judge_together
from nbstage.convert.shared import share
from nbstage.convert.stages import plan_stages, workdir_of
from nbstage.convert.units import program
from nbstage.convert.used import LocalModules
from nbstage.errors import UserError
from nbstage.model import (
    CellKind,
    Config,
    File,
    Level,
    Notebook,
    Outcome,
    Owner,
    Pipeline,
    Problem,
    Retraced,
    Role,
    Shown,
)
from nbstage.notebook.python import cells_to_python
from nbstage.notebook.read import read
from nbstage.notebook.tags import label, name_clashes, without_tag_lines
from nbstage.project import find_notebooks, other_notebooks
from nbstage.surroundings import local_modules, local_sources, star_names
from nbstage.trace.facts import facts_of_cells, read_facts

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
    made = _convert_all(root, config, paths)
    retraced = () if static or dry_run else _trace_doubts(root, config, made[0], started)
    if any(not one.failure for one in retraced):
        made = _convert_all(root, config, paths)
    outcome = _outcome(root, config, notebooks, made, force=force)
    if not dry_run and not _has_error(outcome.problems):
        disk.apply(root, outcome.changes)
    return replace(outcome, retraced=retraced)


def check(root: Path, notebooks: tuple[str, ...] = ()) -> Outcome:
    """What `convert` would change, and all problems. Runs and writes nothing."""
    config = read_config(root)
    made = _convert_all(root, config, notebooks or find_notebooks(root, config))
    return _outcome(root, config, notebooks, made, force=False)


def _outcome(
    root: Path, config: Config, notebooks: tuple[str, ...], made: Made, *, force: bool
) -> Outcome:
    paths = notebooks or find_notebooks(root, config)
    found, problems = made
    others = other_notebooks(root, config, paths) if notebooks else ()
    beside = _beside(root, config, others)
    parts, around = _parts(found, config), _around(root, paths, _parts(beside, config))
    problems += tuple(judge_project(_converted(found), _converted(beside)))
    outs = {path for part in parts for stage in part.pipeline.stages for path in stage.outs}
    problems += tuple(judge_together(parts, around, disk.tracked_apart(root, outs)))
    if _has_error(problems):
        return Outcome((), problems)
    before = disk.read_text(root, plan.PACKAGE) if notebooks else None
    pipeline = plan.together(parts, around.beside, before)
    converted = (*paths, *_gone(root))
    files, more = _files(root, converted, pipeline)
    if more:
        return Outcome((), (*problems, *more))
    in_use = {path for stage in around.stages for path in stage.deps}
    stale = [path for path in disk.find_stale(root, files, converted) if path not in in_use]
    changes, blocked = disk.changes(root, files, stale, force=force)
    return Outcome(changes if not _has_error(blocked) else (), (*problems, *blocked))


def show(root: Path, notebook: str) -> Shown:
    """The pipeline of one notebook as far as it can be told, and its problems."""
    config = read_config(root)
    found, problems = _convert_all(root, config, (notebook,))
    if any(_has_error((problem,)) and problem.code < "NBS113" for problem in problems):
        return Shown(Pipeline(), problems)
    return Shown(plan.together(_parts(found, config)), problems)


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

    outcome = check(root, notebooks)
    if outcome.changes or _has_error(outcome.problems):
        return Verification((), outcome.problems, outcome.changes)
    config = read_config(root)
    found, _ = _convert_all(root, config, notebooks or find_notebooks(root, config))
    held = read_params(disk.read_text(root, "params.yaml"))
    given = held if isinstance(held, dict) else {}
    done: list[Verified] = []
    for converted, _ in found:
        names = [parameter.name for parameter in find_parameters(converted.blocks)]
        values = {name: given[name] for name in names if name in given}
        folder = keep if keep is None or len(found) == 1 else keep / str(len(done) + 1)
        done.append(
            verify_notebook(root, converted, values, tolerance=tolerance, keep=folder, say=say)
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
    found, problems = _convert_all(root, config, (notebook,))
    converted = found[0][0] if found else None
    held = read_params(disk.read_text(root, "params.yaml"))
    given = held if isinstance(held, dict) else {}
    names = [found.name for found in find_parameters(converted.blocks)] if converted else []
    numbers = [cell.number for cell in read_in.cells if cell.kind is CellKind.CODE]
    done = trace_notebook(
        root,
        read_in,
        converted if not _has_error(problems) else None,
        workdir=workdir_of(config, notebook),
        parameters={name: given[name] for name in names if name in given},
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


Found = tuple[tuple[Converted, LocalModules], ...]
Made = tuple[Found, tuple[Problem, ...]]


def _has_error(problems: Iterable[Problem]) -> bool:
    return any(problem.level is Level.ERROR for problem in problems)


def _convert_all(
    root: Path, config: Config, paths: tuple[str, ...]
) -> tuple[Found, tuple[Problem, ...]]:
    held = read_params(disk.read_text(root, "params.yaml"))
    if not isinstance(held, dict):
        return (), held
    known = stages_of(disk.read_text(root, "dvc.yaml"))
    found: list[tuple[Converted, LocalModules]] = []
    problems: list[Problem] = []
    for path in paths:
        one, more = _convert_one(root, config, path, held, known.get(path, ()))
        problems += more
        if one is not None:
            found.append(one)
    return tuple(found), tuple(problems)


def _beside(root: Path, config: Config, paths: tuple[str, ...]) -> Found:
    """The project's other notebooks; what is wrong with them is no matter just now."""
    found: Found = ()
    for path in paths:
        with suppress(UserError):
            found += _convert_all(root, config, (path,))[0]
    return found


def _convert_one(
    root: Path, config: Config, path: str, held: dict[str, object], known: tuple[str, ...]
) -> tuple[tuple[Converted, LocalModules] | None, tuple[Problem, ...]]:
    notebook = read(root / path, root)
    if not isinstance(notebook, Notebook):
        return None, notebook
    blocks, problems = _blocks(notebook)
    if _has_error(problems):
        return None, problems
    workdir = workdir_of(config, path)
    values = {found.name: held.get(found.name, found.value) for found in find_parameters(blocks)}
    facts = facts_of_cells(notebook, read_facts(root, path), workdir)
    analysed = program(blocks, partial(star_names, root, workdir), values, facts)
    flow, shared = trace_flow(analysed), share(analysed)
    plans = plan_stages(flow, shared, config, path)
    folders = (workdir, *plan.told_folders(analysed, workdir))
    local = local_modules(root, folders, _imported(blocks))
    states = states_of(local_sources(root, folders, local))
    converted = Converted(notebook, blocks, analysed, flow, shared, plans, config, known, states)
    return (converted, local), (*problems, *judge(converted))


def _blocks(notebook: Notebook) -> tuple[tuple[Block, ...], tuple[Problem, ...]]:
    cells = tuple(cell for cell in notebook.cells if cell.kind is CellKind.CODE)
    labelled = [label(cell, notebook.path) for cell in cells]
    plain = cells_to_python(cells, notebook.path)
    labels = tuple(found for found, _ in labelled)
    skipped = [found.role is Role.SKIP for found in labels]
    problems = [problem for _, found in labelled for problem in found]
    problems += [
        problem
        for (_, found), skip in zip(plain, skipped, strict=True)
        if not skip
        for problem in found
    ]
    problems += name_clashes(zip(cells, labels, strict=True), notebook.path)
    if _has_error(problems):
        return (), tuple(problems)
    codes = tuple(without_tag_lines(code) for code, _ in plain)
    return arrange(tuple(zip(cells, labels, codes, strict=True)), notebook.path), tuple(problems)


def _imported(blocks: tuple[Block, ...]) -> set[str]:
    texts = [block.code.text for block in blocks if "import" in block.code.text]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return {name.split(".")[0] for name in plain | named}


def _converted(found: Found) -> tuple[Converted, ...]:
    return tuple(converted for converted, _ in found)


def _parts(found: Found, config: Config) -> tuple[Part, ...]:
    return tuple(plan.plan_part(*one, config) for one in found)


def _around(root: Path, paths: tuple[str, ...], beside: tuple[Part, ...]) -> Surroundings:
    """What stands beside the notebooks at `paths`, as far as a conversion of them may touch it."""
    text = disk.read_text(root, "dvc.yaml")
    stages = other_stages(text, (*paths, *_gone(root)))
    modules = {path for stage in stages for path in stage.deps if path.startswith("pipeline/")}
    held = {path: disk.read_text(root, path) or "" for path in sorted(modules)}
    return Surroundings(beside, stages, held)


def _gone(root: Path) -> tuple[str, ...]:
    """Notebooks that stages in dvc.yaml come from, and that are no longer there."""
    known = stages_of(disk.read_text(root, "dvc.yaml"))
    return tuple(name for name in known if not (root / name).exists())


def _files(
    root: Path, paths: tuple[str, ...], pipeline: Pipeline
) -> tuple[tuple[File, ...], tuple[Problem, ...]]:
    before = disk.read_text(root, "dvc.yaml")
    dvc_yaml = render_dvc_yaml(pipeline, before, paths)
    params_yaml = render_params_yaml(pipeline.parameters, disk.read_text(root, "params.yaml"))
    if not isinstance(dvc_yaml, str) or not isinstance(params_yaml, str):
        return (), (
            *(() if isinstance(dvc_yaml, str) else dvc_yaml),
            *(() if isinstance(params_yaml, str) else params_yaml),
        )
    files = [*pipeline.modules, File("dvc.yaml", dvc_yaml, Owner.BOTH)]
    if params_yaml or pipeline.parameters:
        files.append(File("params.yaml", params_yaml, Owner.BOTH))
    lock = disk.read_text(root, "dvc.lock")
    removed = stage_names(before) - stage_names(dvc_yaml)
    if lock is not None and removed:
        files.append(File("dvc.lock", prune_lock(lock, removed), Owner.BOTH))
    return tuple(files), ()
