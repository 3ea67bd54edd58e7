"""Import statements of a notebook -> the import lines a module needs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from nbstage.convert.units import Unit


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One imported name: `import module as bound`, or with `name`: `from module import name as
    bound`.
    """

    module: str
    name: str
    bound: str


def imports_of(unit: Unit) -> tuple[Import, ...]:
    """The names an import statement binds; those of a star import one by one."""
    match unit.node:
        case ast.Import(names=aliases):
            return tuple(
                Import(alias.name, "", alias.asname or alias.name.split(".")[0])
                for alias in aliases
            )
        case ast.ImportFrom(names=[ast.alias(name="*")], module=str(module)):
            return tuple(Import(module, name, name) for name in sorted(unit.effects.binds))
        case ast.ImportFrom(names=aliases, module=module, level=level):
            source = "." * level + (module or "")
            return tuple(
                Import(source, alias.name, alias.asname or alias.name) for alias in aliases
            )
        case _:
            return ()


def render_imports(found: Iterable[Import], local: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Import lines in the usual groups: future, standard library, installed, the project's own."""
    groups: dict[int, dict[tuple[bool, str], set[Import]]] = {}
    for item in set(found):
        key = (bool(item.name), item.module if item.name else f"{item.module}\0{item.bound}")
        groups.setdefault(_group(item.module, local), {}).setdefault(key, set()).add(item)
    lines: list[str] = []
    for _, group in sorted(groups.items()):
        if lines:
            lines.append("")
        for _, items in sorted(
            group.items(), key=lambda entry: (entry[0][0], entry[0][1].lower(), entry[0][1])
        ):
            lines += _statement(sorted(items, key=lambda item: _name_order(item.name)))
    return tuple(lines)


def _group(module: str, local: frozenset[str]) -> int:
    root = module.split(".")[0]
    if root == "__future__":
        return 0
    if root in sys.stdlib_module_names:
        return 1
    return 3 if root == "pipeline" or root in local or module.startswith(".") else 2


def _name_order(name: str) -> tuple[int, str]:
    """As isort and ruff do: CONSTANTS, Classes, functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _statement(items: list[Import]) -> list[str]:
    first = items[0]
    if not first.name:
        plain = first.bound == first.module.split(".")[0]
        return [f"import {first.module}" + ("" if plain else f" as {first.bound}")]
    names = [
        item.name if item.name == item.bound else f"{item.name} as {item.bound}" for item in items
    ]
    line = f"from {first.module} import {', '.join(names)}"
    if len(line) <= 88:
        return [line]
    return [f"from {first.module} import (", *(f"    {name}," for name in names), ")"]
