"""Which modules' code runs in a stage: by its text, through others, or inside what it loads."""

from __future__ import annotations

import ast
import posixpath

from nbstage.convert.effects.objects import ClassInfo, FunctionInfo
from nbstage.convert.effects.values import parts_of
from nbstage.convert.flow import value_of
from nbstage.convert.imports import imports_of
from nbstage.convert.render.shared_module import required_modules
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.shared import SharedModule
from nbstage.convert.stages import StagePlan
from nbstage.model import Artifact

#: Modules beside the notebook: the name code imports -> its files, relative to the root.
LocalModules = dict[str, tuple[str, ...]]
Used = dict[str, frozenset[SharedModule]]


def modules_of_stages(converted: Converted) -> Used:
    """For each stage and each check the shared modules it uses. A loaded model may hold objects of
    the notebook's classes: their code runs in the stage too.
    """
    needs = {
        module: required_modules(converted.program, converted.shared, module)
        for module in set(converted.shared.modules.values())
    }
    makers = _modules_by_definition(converted)
    return {
        plan.name: _with_needs([*plan.helpers, *_modules_of_inputs(converted, plan, makers)], needs)
        for plan in (*converted.plans, *(check.plan for check in converted.checks))
    }


def _with_needs(
    modules: list[SharedModule], needs: dict[SharedModule, frozenset[SharedModule]]
) -> frozenset[SharedModule]:
    todo, found = list(modules), set[SharedModule]()
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo.extend(needs[module])
    return frozenset(found)


def _modules_by_definition(converted: Converted) -> dict[ast.AST, SharedModule]:
    found: dict[ast.AST, SharedModule] = {}
    for module in set(converted.shared.modules.values()):
        for index in module.units:
            node = converted.program.units[index].node
            found[node.value if isinstance(node, ast.Assign) else node] = module
    return found


def _modules_of_inputs(
    converted: Converted, plan: StagePlan, makers: dict[ast.AST, SharedModule]
) -> list[SharedModule]:
    inputs = converted.flow.room(plan.name).inputs
    values = [value_of(converted.flow, name, crossing.maker) for name, crossing in inputs.items()]
    objs = parts_of(
        [obj for value in values if value is not None for obj in value.objs],
    )
    nodes = {obj.detail.node for obj in objs if isinstance(obj.detail, ClassInfo | FunctionInfo)}
    return [makers[node] for node in nodes if node in makers]


def local_files(
    converted: Converted, local: LocalModules, used: Used
) -> dict[str, tuple[str, ...]]:
    """For each stage the files of modules beside the notebook that it uses: itself, in its shared
    modules, or in what it loads.
    """
    if not local:
        return {}
    roots = {plan.name: _local_roots(converted, plan, local, used) for plan in converted.plans}
    found: dict[str, tuple[str, ...]] = {}
    for plan in converted.plans:
        names = roots[plan.name].union(*(roots[name] for name in _sources(converted, plan)))
        found[plan.name] = tuple(path for name in sorted(names) for path in local[name])
    return found


def _sources(converted: Converted, plan: StagePlan) -> set[str]:
    """The stages whose objects, stored by reference to their code, may reach a stage."""
    inputs = {other.name: other.inputs for other in converted.plans}
    todo, seen = [plan.name], set[str]()
    while todo:
        for artifact in inputs[todo.pop()]:
            if _may_hold_objects(artifact) and artifact.stage not in seen:
                seen.add(artifact.stage)
                todo.append(artifact.stage)
    return seen


def _local_roots(
    converted: Converted, plan: StagePlan, local: LocalModules, used: Used
) -> frozenset[str]:
    shared = [index for module in used[plan.name] for index in module.units]
    units = {*plan.imports, *plan.body, *shared}
    units |= {need for index in shared for need in converted.shared.needs.get(index, ())}
    imports = [item for index in units for item in imports_of(converted.program.units[index])]
    return frozenset(item.module.split(".")[0] for item in imports) & set(local)


def _may_hold_objects(artifact: Artifact) -> bool:
    return posixpath.splitext(artifact.path)[1] in (".pkl", ".joblib")
