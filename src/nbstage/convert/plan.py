"""A converted notebook -> its part of the Pipeline: stages for dvc.yaml, parameters, and the
modules' text.
"""

from __future__ import annotations

import posixpath

from nbstage.convert.effects.machine import Oddity
from nbstage.convert.effects.objects import ClassInfo, FunctionInfo
from nbstage.convert.effects.values import closure
from nbstage.convert.flow import value_of
from nbstage.convert.imports import imports_of
from nbstage.convert.parameters import find_parameters
from nbstage.convert.paths import from_root, outside
from nbstage.convert.render.shared_module import render_shared, required_modules
from nbstage.convert.render.stage_module import HEADER, render_stage
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.shared import SharedModule
from nbstage.convert.stages import StagePlan
from nbstage.model import Artifact, Config, File, Owner, Pipeline, PlannedStage

#: Modules beside the notebook: the name code imports -> the files it is made of, relative to the
#: root.
LocalModules = dict[str, tuple[str, ...]]


def plan_pipeline(converted: Converted, config: Config, local: LocalModules) -> Pipeline:
    """All that one notebook contributes."""
    planned = [_planned(converted, plan, config, local) for plan in converted.plans]
    names = frozenset(local)
    modules = {
        module for module in converted.shared.modules.values() if _is_used(converted, module)
    }
    files = [
        *(
            File(
                f"pipeline/{plan.name}.py", render_stage(converted.program, plan, names), Owner.TOOL
            )
            for plan in converted.plans
        ),
        *(
            File(
                module.path,
                render_shared(
                    converted.program, converted.shared, module, converted.notebook.path, names
                ),
                Owner.TOOL,
            )
            for module in sorted(modules, key=lambda module: module.name)
        ),
    ]
    return Pipeline(tuple(planned), find_parameters(converted.blocks), tuple(files))


def package_file(notebooks: tuple[tuple[Converted, LocalModules], ...]) -> File | None:
    """`pipeline/__init__.py`: where modules of the notebooks' own folders are found, as Jupyter
    finds them.
    """
    folders: dict[str, None] = {}
    for converted, local in notebooks:
        workdir = converted.plans[0].workdir if converted.plans else "."
        if local:
            folders[workdir] = None
        for unit in converted.program.units:
            for mark in unit.effects.marks:
                if mark.kind is Oddity.SYS_PATH:
                    folders[from_root(mark.detail, workdir)] = None
    folders.pop(".", None)
    header = HEADER.format(notebooks[0][0].notebook.path if notebooks else "the notebooks")
    if not folders:
        return File(
            "pipeline/__init__.py",
            f'{header}\n"""The stages of the pipeline, one module each."""\n',
            Owner.TOOL,
        )
    lines = [
        header,
        '"""The stages of the pipeline, one module each. Modules that lie beside the notebooks can be imported."""',
        "",
        "import sys",
        "from pathlib import Path",
        "",
        "_ROOT = Path(__file__).resolve().parent.parent",
        *(
            f'sys.path.insert(0, str(_ROOT / "{folder}"))'
            for folder in folders
            if not outside(folder)
        ),
        "",
    ]
    return File("pipeline/__init__.py", "\n".join(lines), Owner.TOOL)


def _is_used(converted: Converted, module: SharedModule) -> bool:
    return any(module in _all_modules(converted, plan) for plan in converted.plans)


def _planned(
    converted: Converted, plan: StagePlan, config: Config, local: LocalModules
) -> PlannedStage:
    helpers = sorted(module.path for module in _all_modules(converted, plan))
    after = [f"artifacts/{name}/done.txt" for name in plan.after]
    data = [
        *plan.reads,
        *config.deps.get(plan.name, ()),
        *_local_files(converted, plan, local),
        *after,
    ]
    return PlannedStage(
        name=plan.name,
        notebook=plan.notebook,
        doc=plan.doc,
        deps=tuple(dict.fromkeys([f"pipeline/{plan.name}.py", *helpers, *sorted(set(data))])),
        inputs=plan.inputs,
        params=plan.parameters,
        outs=tuple(
            sorted(
                [*plan.writes, *([f"artifacts/{plan.name}/done.txt"] if plan.marks_done else [])]
            )
        ),
        outputs=plan.outputs,
        metrics=(f"metrics/{plan.name}.json",) if plan.metrics else (),
        plots=(f"plots/{plan.name}",) if plan.plots else (),
        resources=plan.resources,
    )


def _all_modules(converted: Converted, plan: StagePlan) -> frozenset[SharedModule]:
    """The shared modules a stage uses: directly, through others, or through the objects it loads."""
    todo = [*plan.helpers, *_modules_of_inputs(converted, plan)]
    found: set[SharedModule] = set()
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo.extend(required_modules(converted.program, converted.shared, module))
    return frozenset(found)


def _modules_of_inputs(converted: Converted, plan: StagePlan) -> list[SharedModule]:
    """A loaded model may hold objects of the notebook's classes: their code runs in this stage
    too.
    """
    stage = converted.flow.stages[plan.name]
    values = [
        value_of(converted.flow, name, crossing.maker) for name, crossing in stage.inputs.items()
    ]
    objs = [obj for value in values if value is not None for obj in value.objs]
    nodes = {
        obj.detail.node
        for obj in closure(objs, lambda obj: obj.parts)
        if isinstance(obj.detail, ClassInfo | FunctionInfo)
    }
    names = {
        name
        for unit in converted.program.units
        if unit.node in nodes
        for name in unit.effects.binds
    }
    return [
        converted.shared.modules[name] for name in sorted(names) if name in converted.shared.modules
    ]


def _local_files(converted: Converted, plan: StagePlan, local: LocalModules) -> list[str]:
    """Files of modules beside the notebook that a stage uses itself, in its shared modules, or in
    what it loads.
    """
    if not local:
        return []
    users = {other.name: _local_roots(converted, other, local) for other in converted.plans}
    sources = [artifact.stage for artifact in plan.inputs if _may_hold_objects(artifact)]
    seen: set[str] = set()
    while sources:
        name = sources.pop()
        if name not in seen:
            seen.add(name)
            earlier = next(other for other in converted.plans if other.name == name)
            sources += [
                artifact.stage for artifact in earlier.inputs if _may_hold_objects(artifact)
            ]
    roots = users[plan.name].union(*(users[name] for name in seen))
    return [path for root in sorted(roots) for path in local[root]]


def _local_roots(converted: Converted, plan: StagePlan, local: LocalModules) -> frozenset[str]:
    units = [
        *plan.imports,
        *plan.body,
        *(index for module in _all_modules(converted, plan) for index in module.units),
    ]
    needed = {need for index in units for need in converted.shared.needs.get(index, ())}
    modules = [
        item.module
        for index in (*units, *needed)
        for item in imports_of(converted.program.units[index])
    ]
    return frozenset(module.split(".")[0] for module in modules) & set(local)


def _may_hold_objects(artifact: Artifact) -> bool:
    return posixpath.splitext(artifact.path)[1] in (".pkl", ".joblib")
