"""A converted notebook -> its part of the Pipeline: stages for dvc.yaml, parameters, and the
modules' text.
"""

from __future__ import annotations

import re
from dataclasses import replace

from nbstage.convert.checks import Check
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.lines import origins_of
from nbstage.convert.parameters import find_parameters
from nbstage.convert.paths import from_root, outside
from nbstage.convert.render import check_module
from nbstage.convert.render.shared_module import render_shared
from nbstage.convert.render.stage_module import HEADER, render_stage
from nbstage.convert.render.stage_notebook import (
    executed_path,
    render_entry,
    render_notebook,
)
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.rules.together import Part
from nbstage.convert.sections import in_section, key_of
from nbstage.convert.shared import SharedModule
from nbstage.convert.stages import StagePlan
from nbstage.convert.units import Program
from nbstage.convert.used import LocalModules, local_files, modules_of_stages
from nbstage.model import Config, File, Owner, Pipeline, PlannedStage

PACKAGE = "pipeline/__init__.py"
_FOLDER = re.compile(r'_ROOT / "([^"]+)"')


def plan_pipeline(converted: Converted, config: Config, local: LocalModules) -> Pipeline:
    """All that one notebook contributes."""
    used = modules_of_stages(converted)
    files_of = local_files(converted, local, used)
    planned = [
        replace(
            _planned(plan, config, used[plan.name], files_of.get(plan.name, ())),
            checks=tuple(one.function for one in converted.checks if one.stage == plan.name),
        )
        for plan in converted.plans
    ]
    names = frozenset(local)
    modules = frozenset[SharedModule]().union(*used.values())
    stages = [
        file for plan in converted.plans for file in _modules_of(converted.program, plan, names)
    ]
    shared = [
        _module(
            module.path,
            render_shared(
                converted.program, converted.shared, module, converted.notebook.path, names
            ),
        )
        for module in sorted(modules, key=lambda module: module.name)
    ]
    checks, tests = _checks(converted, names)
    parameters = find_parameters(converted.blocks, converted.prefix)
    return Pipeline(tuple(planned), parameters, (*stages, *shared, *checks), tests)


def _checks(
    converted: Converted, local: frozenset[str]
) -> tuple[tuple[File, ...], tuple[File, ...]]:
    """For each stage with check cells a module of them, and the test that runs it."""
    by_stage: dict[str, list[Check]] = {}
    for check in converted.checks:
        by_stage.setdefault(check.stage, []).append(check)
    modules = [
        _module(
            f"{check_module.FOLDER}/{stage}.py",
            check_module.render_checks(converted.program, tuple(checks), local),
        )
        for stage, checks in by_stage.items()
    ]
    tests = [
        File(f"tests/test_{stage}.py", check_module.render_test(stage), Owner.USER)
        for stage in by_stage
    ]
    return tuple(modules), tuple(tests)


def _modules_of(program: Program, plan: StagePlan, local: frozenset[str]) -> tuple[File, ...]:
    path = f"pipeline/{plan.name}"
    if plan.executor is None:
        return (_module(f"{path}.py", render_stage(program, plan, local)),)
    notebook = render_notebook(program, plan, local)
    entry = render_entry(plan, HEADER.format(plan.notebook))
    return File(f"{path}.py", entry, Owner.TOOL), File(f"{path}.ipynb", notebook, Owner.TOOL)


def _module(path: str, lines: tuple[str, ...]) -> File:
    return File(path, "\n".join(lines), Owner.TOOL, origins_of(lines))


def plan_part(converted: Converted, local: LocalModules, config: Config) -> Part:
    """A notebook with all that it contributes."""
    workdir = converted.plans[0].workdir if converted.plans else "."
    folders = {*told_folders(converted.program, workdir), *({workdir} if local else ())}
    return Part(converted, plan_pipeline(converted, config, local), frozenset(folders))


def together(
    parts: tuple[Part, ...], beside: tuple[Part, ...] = (), package: str | None = None
) -> Pipeline:
    """One pipeline of all parts; `package` is pipeline/__init__.py where some are left out.

    A module that several notebooks make is written as from the first of them and of those beside,
    whichever are converted.
    """
    made = {file.path for part in parts for file in part.pipeline.modules}
    in_order = sorted((*parts, *beside), key=lambda part: part.path, reverse=True)
    modules = {
        file.path: file for part in in_order for file in part.pipeline.modules if file.path in made
    }
    if modules:
        modules[PACKAGE] = package_file(parts, package)
    every = [parameter for part in parts for parameter in part.pipeline.parameters]
    parameters = {key_of(parameter): parameter for parameter in every}
    return Pipeline(
        tuple(stage for part in parts for stage in part.pipeline.stages),
        tuple(parameters.values()),
        tuple(modules[path] for path in sorted(modules)),
        tuple(file for part in parts for file in part.pipeline.tests),
    )


def package_file(parts: tuple[Part, ...], before: str | None) -> File:
    """`pipeline/__init__.py`: where modules of the notebooks' own folders are found, as in Jupyter.

    The folders named in `before` stay.
    """
    folders = set(_FOLDER.findall(before or "")).union(*(part.folders for part in parts)) - {"."}
    lines = [
        HEADER.format("the project's notebooks"),
        '"""The stages of the pipeline, one module each."""',
    ]
    if folders:
        lines += ["", "import sys", "from pathlib import Path", ""]
        lines += ["# Modules that lie beside the notebooks are found here as in Jupyter."]
        lines += ["_ROOT = Path(__file__).resolve().parent.parent"]
        lines += [f'sys.path.insert(0, str(_ROOT / "{folder}"))' for folder in sorted(folders)]
    return File(PACKAGE, "\n".join([*lines, ""]), Owner.TOOL)


def told_folders(program: Program, workdir: str) -> tuple[str, ...]:
    """The project's folders that the notebook adds to `sys.path`, relative to the root."""
    marks = [mark for unit in program.units for mark in unit.effects.marks]
    told = {from_root(mark.detail, workdir) for mark in marks if mark.kind is Oddity.SYS_PATH}
    return tuple(sorted(folder for folder in told if not outside(folder)))


def _planned(
    plan: StagePlan, config: Config, used: frozenset[SharedModule], local: tuple[str, ...]
) -> PlannedStage:
    helpers = sorted(module.path for module in used)
    after = [f"artifacts/{name}/done.txt" for name in plan.after]
    notebook = [] if plan.executor is None else [f"pipeline/{plan.name}.ipynb"]
    data = [
        *notebook,
        *plan.reads,
        *config.deps.get(plan.name, ()),
        *(contract for _, contract in plan.contracts),
        *local,
        *after,
    ]
    done = [f"artifacts/{plan.name}/done.txt"] if plan.marks_done else []
    executed = [] if plan.executor is None else [executed_path(plan.name)]
    return PlannedStage(
        name=plan.name,
        notebook=plan.notebook,
        doc=plan.doc,
        deps=tuple(dict.fromkeys([f"pipeline/{plan.name}.py", *helpers, *sorted(set(data))])),
        inputs=plan.inputs,
        params=tuple(in_section(plan.section, name) for name in plan.parameters),
        outs=tuple(sorted([*plan.writes, *done, *executed])),
        outputs=plan.outputs,
        metrics=(f"metrics/{plan.name}.json",) if plan.metrics else (),
        plots=plan.shown.plots(plan.name),
        resources=plan.resources,
        executor=plan.executor,
        predict=plan.predict,
    )
