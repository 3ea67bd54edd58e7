"""SharedModule -> the text of pipeline/helpers/NAME.py: what it imports, constants it uses, its
functions and classes.
"""

from __future__ import annotations

import ast
import re

from nbstage.convert.imports import Import, imports_of, render_imports
from nbstage.convert.lines import remade
from nbstage.convert.render.lint import noqa
from nbstage.convert.render.stage_module import HEADER, helper_imports
from nbstage.convert.render.text import statement_text
from nbstage.convert.shared import Shared, SharedModule, stands_alone
from nbstage.convert.units import Program, Unit


def render_shared(
    program: Program, shared: Shared, module: SharedModule, notebook: str, local: frozenset[str]
) -> tuple[str, ...]:
    """The lines of one shared module."""
    needed = required_units(program, shared, module)
    constants = [
        index
        for index in needed
        if not _is_import(program.units[index]) and not stands_alone(program, index)
    ]
    body: list[str] = []
    if constants:
        lines = [line for index in constants for line in _stripped(program.units[index])]
        body += [remade(line, re.sub(r"\b__name__\b", '"__main__"', line)) for line in lines]
    for index in module.units:
        body += (
            ["", "", *_stripped(program.units[index])] if body else _stripped(program.units[index])
        )
    names = {node.id for node in ast.walk(ast.parse("\n".join(body))) if isinstance(node, ast.Name)}
    imports = _imports(program, shared, module, needed, names, local)
    gap = ["", ""] if imports and not constants else [""] if imports or not constants else []
    text = [*imports, *gap, *body, ""]
    return (HEADER.format(notebook), *noqa(module.name, "\n".join(text)), "", *text)


def required_units(program: Program, shared: Shared, module: SharedModule) -> tuple[int, ...]:
    """All importable units that a module's text needs directly, constants in turn; other modules
    are imported.
    """
    found: set[int] = set()
    todo = [need for index in module.units for need in shared.needs.get(index, ())]
    while todo:
        index = todo.pop()
        if index in found or index in module.units:
            continue
        found.add(index)
        if not stands_alone(program, index):
            todo.extend(shared.needs.get(index, ()))
    return tuple(sorted(found))


def required_modules(
    program: Program, shared: Shared, module: SharedModule
) -> frozenset[SharedModule]:
    """The shared modules that a module imports."""
    units = [
        index for index in required_units(program, shared, module) if stands_alone(program, index)
    ]
    names = {name for index in units for name in program.units[index].effects.binds}
    return frozenset(shared.modules[name] for name in names if name in shared.modules) - {module}


def _imports(
    program: Program,
    shared: Shared,
    module: SharedModule,
    needed: tuple[int, ...],
    names: set[str],
    local: frozenset[str],
) -> list[str]:
    units = [program.units[index] for index in needed if _is_import(program.units[index])]
    found = {item for unit in units for item in imports_of(unit) if item.bound in names}
    modules = sorted(required_modules(program, shared, module), key=lambda other: other.name)
    found |= helper_imports(program, modules, names)
    if "display" in names and not program.writers.get("display"):
        found.add(Import("IPython.display", "display", "display"))
    lines = list(render_imports(found, local))
    for unit in units:
        if isinstance(unit.node, ast.Try):
            lines += ["", *statement_text(unit)]
    return lines


def _is_import(unit: Unit) -> bool:
    return isinstance(unit.node, ast.Import | ast.ImportFrom | ast.Try)


def _stripped(unit: Unit) -> list[str]:
    """A statement's text with its comments, without blank lines around."""
    lines = statement_text(unit)
    while lines and not lines[0].strip():
        lines.pop(0)
    return lines
