"""Conversions -> what writing them would change in the project."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from nbstage.app.notebooks import Found, Made, convert_beside, has_error
from nbstage.convert import disk, plan
from nbstage.convert.lock import prune_lock
from nbstage.convert.render.check_module import FOLDER as CHECKS
from nbstage.convert.render.dvc_others import keys_in_use, other_stages
from nbstage.convert.render.dvc_yaml import (
    render_dvc_yaml,
    sections_of,
    stage_names,
    stages_of,
)
from nbstage.convert.render.params_edits import NO_MOVES, Moves
from nbstage.convert.render.params_yaml import read_params, render_params_yaml
from nbstage.convert.rules import Converted
from nbstage.convert.rules.contracts import judge_contracts
from nbstage.convert.rules.project import judge_project
from nbstage.convert.rules.together import Part, Surroundings, judge_together
from nbstage.convert.sections import key_of, moves_of
from nbstage.model import (
    Config,
    File,
    Outcome,
    Owner,
    Pipeline,
    Problem,
)
from nbstage.project import find_notebooks, other_notebooks


def outcome_of(
    root: Path,
    config: Config,
    notebooks: tuple[str, ...],
    made: Made,
    *,
    force: bool,
    carried: Collection[str] = (),
) -> Outcome:
    """What writing the pipeline would change, and all problems. `notebooks` are those that were
    named; with none named, the project's. The edits of the modules in `carried` are in what was
    made.
    """
    paths = notebooks or find_notebooks(root, config)
    found, problems = made
    others = other_notebooks(root, config, paths) if notebooks else ()
    others_made = convert_beside(root, config, others)
    parts, around = parts_of(found, config), _around(root, paths, parts_of(others_made, config))
    problems += tuple(judge_project(_converted(found), _converted(others_made)))
    outs = {path for part in parts for stage in part.pipeline.stages for path in stage.outs}
    problems += tuple(judge_together(parts, around, disk.tracked_apart(root, outs)))
    problems += tuple(_of_contracts(root, (*found, *others_made), around))
    if has_error(problems):
        return Outcome((), problems)
    before = disk.read_text(root, plan.PACKAGE) if notebooks else None
    pipeline = plan.together(parts, around.beside, before)
    converted = (*paths, *_gone(root))
    used = keys_in_use(disk.read_text(root, "dvc.yaml"), around.stages)
    used |= {key_of(one) for part in (*parts, *around.beside) for one in part.pipeline.parameters}
    files, more = _files(root, converted, pipeline, _moves(root, parts, used))
    if more:
        return Outcome((), (*problems, *more))
    in_use = {path for stage in around.stages for path in stage.deps}
    stale = [path for path in disk.find_stale(root, files, converted) if path not in in_use]
    changes, blocked = disk.changes(root, files, stale, force=force, carried=carried)
    return Outcome(changes if not has_error(blocked) else (), (*problems, *blocked))


def parts_of(found: Found, config: Config) -> tuple[Part, ...]:
    """What each notebook contributes to the pipeline."""
    return tuple(plan.plan_part(*one, config) for one in found)


def _converted(found: Found) -> tuple[Converted, ...]:
    return tuple(converted for converted, _ in found)


def _of_contracts(root: Path, found: Found, around: Surroundings) -> Iterator[Problem]:
    plans = [plan for converted in _converted(found) for plan in converted.plans]
    stages = {stage.name for stage in around.stages}
    return judge_contracts(plans, disk.find_contracts(root), stages)


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


def _moves(root: Path, parts: tuple[Part, ...], used: frozenset[str]) -> Moves:
    """The keys of params.yaml that go to another section, for their notebook's prefix is new."""
    held = read_params(disk.read_text(root, "params.yaml"))
    if not isinstance(held, dict):
        return NO_MOVES
    before = sections_of(disk.read_text(root, "dvc.yaml"))
    sources: dict[str, str] = {}
    for part in parts:
        sources |= moves_of(held, part.pipeline.parameters, before.get(part.path, ()))
    return Moves(sources, used)


def _files(
    root: Path, paths: tuple[str, ...], pipeline: Pipeline, moves: Moves
) -> tuple[tuple[File, ...], tuple[Problem, ...]]:
    before = disk.read_text(root, "dvc.yaml")
    dvc_yaml = render_dvc_yaml(pipeline, before, paths)
    params_yaml = render_params_yaml(
        pipeline.parameters, disk.read_text(root, "params.yaml"), moves
    )
    if not isinstance(dvc_yaml, str) or not isinstance(params_yaml, str):
        return (), (
            *(() if isinstance(dvc_yaml, str) else dvc_yaml),
            *(() if isinstance(params_yaml, str) else params_yaml),
        )
    files = [*pipeline.modules, *_tests(root, pipeline), File("dvc.yaml", dvc_yaml, Owner.BOTH)]
    if params_yaml or pipeline.parameters:
        files.append(File("params.yaml", params_yaml, Owner.BOTH))
    lock = disk.read_text(root, "dvc.lock")
    removed = stage_names(before) - stage_names(dvc_yaml)
    if lock is not None and removed:
        files.append(File("dvc.lock", prune_lock(lock, removed), Owner.BOTH))
    return tuple(files), ()


def _tests(root: Path, pipeline: Pipeline) -> list[File]:
    """The tests of stages that get their first checks now. Whoever removes one later means it."""
    stages = {file.path: Path(file.path).stem.removeprefix("test_") for file in pipeline.tests}
    return [
        file
        for file in pipeline.tests
        if disk.read_text(root, f"{CHECKS}/{stages[file.path]}.py") is None
    ]
