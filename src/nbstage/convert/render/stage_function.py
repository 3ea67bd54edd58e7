"""The text of a stage's function: its signature, the user's code, what it returns."""

from __future__ import annotations

import ast
import builtins

from nbstage.convert.artifacts import RANDOM_NAMES, RANDOM_SOURCES
from nbstage.convert.effects.scope import bound_names
from nbstage.convert.program import declared_global
from nbstage.convert.render.text import body_lines, call_lines
from nbstage.convert.stages import StagePlan
from nbstage.convert.units import Program, Unit


def function_lines(
    program: Program, plan: StagePlan, doc: str, units: tuple[Unit, ...], types: object, name: str
) -> list[str]:
    signature = getattr(types, "arguments", {})
    positional = [_argument(name, signature) for artifact in plan.inputs for name in artifact.names]
    keyword = [_argument(name, signature) for name in plan.parameters]
    args = [*positional, *(["*", *keyword] if keyword else [])]
    returns = getattr(types, "returns", "")
    head = f"{'async ' if awaits(units) else ''}def {name}"
    lines = call_lines(head, args, f" -> {returns}:" if returns else ":", 0)
    lines.append(f'    """{doc}"""')
    text = _without_comment(plan.doc_comment, body_lines(units, plan.wanted, plan.shown.last))
    body = [*_opening(plan, units, name), *text, *_closing(plan)]
    gap = (
        [""] if body and body[0].lstrip().startswith(("def ", "class ", "async def ", "@")) else []
    )
    return [*lines, *gap, *body]


def _argument(name: str, annotations: dict[str, str]) -> str:
    plain = RANDOM_NAMES.get(name, name)
    return f"{plain}: {annotations[name]}" if name in annotations else plain


def _without_comment(comment: tuple[str, ...], lines: tuple[str, ...]) -> list[str]:
    """The comment that has become the docstring need not be said twice."""
    found, size = list(lines), len(comment)
    wanted = [f"    {line}".rstrip() for line in comment]
    start = next((at for at in range(len(found)) if size and found[at : at + size] == wanted), None)
    if start is not None:
        del found[start : start + size]
        if start < len(found) and not found[start] and (start == 0 or not found[start - 1]):
            del found[start]
    return found


def _opening(plan: StagePlan, units: tuple[Unit, ...], function: str) -> list[str]:
    """What has to stand before the user's code so that names mean what they do in the notebook."""
    lines = [
        f"    if {name} is nbstage.runtime.UNSET:\n        del {name}"
        for name in sorted(plan.unset_inputs)
    ]
    lines = [line for pair in lines for line in pair.split("\n")]
    shadowed = _shadowed_builtins(plan, units)
    if shadowed:
        lines.append(f"    from builtins import {', '.join(shadowed)}")
    for artifact in plan.inputs:
        for name in artifact.names:
            if name in RANDOM_NAMES:
                lines.append(f"    nbstage.runtime.set_random_state({RANDOM_NAMES[name]})")
    lines += [f"    {name}: object" for name in _only_declared(plan, units)]
    lines += [f"    {name}: object" for name in _not_in_notebooks(plan, units, function)]
    return [*lines, ""] if lines else []


def _shadowed_builtins(plan: StagePlan, units: tuple[Unit, ...]) -> tuple[str, ...]:
    """Built-in names that the stage uses before it gives them another meaning: `sum =
    sum(values)`.
    """
    bound = _locals(units)
    used = {name for unit in units for name in unit.effects.builtins} | plan.wanted
    given = {name for artifact in plan.inputs for name in artifact.names} | set(plan.parameters)
    return tuple(
        sorted(name for name in bound & used if hasattr(builtins, name) and name not in given)
    )


def _locals(units: tuple[Unit, ...]) -> frozenset[str]:
    return frozenset[str]().union(*(bound_names(unit.node) for unit in units))


def _only_declared(plan: StagePlan, units: tuple[Unit, ...]) -> tuple[str, ...]:
    """Names that only a function of the stage binds, by `global`: they have to belong to the stage
    function.
    """
    declared = declared_global(units)
    given = {name for artifact in plan.inputs for name in artifact.names} | set(plan.parameters)
    return tuple(sorted(declared - _locals(units) - given))


def _not_in_notebooks(plan: StagePlan, units: tuple[Unit, ...], function: str) -> tuple[str, ...]:
    """Names that the user's code may ask for and only the module has; as local names without a
    value they raise a NameError, as in the notebook.
    """
    given = {name for artifact in plan.inputs for name in artifact.names} | set(plan.parameters)
    ours = {"main", "__file__", function} & plan.wanted
    return tuple(sorted(ours - given - _locals(units)))


def _closing(plan: StagePlan) -> list[str]:
    values = [_result(name, plan) for name in plan.results]
    if not values:
        return []
    line = f"    return {', '.join(values)}"
    if len(line) <= 88:
        return [line]
    return ["    return (", *(f"        {value}," for value in values), "    )"]


def _result(name: str, plan: StagePlan) -> str:
    if name in RANDOM_SOURCES:
        return f'nbstage.runtime.random_state("{RANDOM_SOURCES[name]}")'
    return f'locals().get("{name}", nbstage.runtime.UNSET)' if name in plan.unset_outputs else name


def awaits(units: tuple[Unit, ...]) -> bool:
    return any(
        _awaits_outside_functions(unit.node)
        for unit in units
        if "await" in unit.block.code.text or "async" in unit.block.code.text
    )


def _awaits_outside_functions(node: ast.AST) -> bool:
    if isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith):
        return True
    if isinstance(node, ast.comprehension) and node.is_async:
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    return any(_awaits_outside_functions(child) for child in ast.iter_child_nodes(node))
