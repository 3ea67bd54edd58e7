"""The definitions that stages share -> one small module for each, so that an edit re-runs just the
stages that use it.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass

from nbstage.convert.paths import DEVICES, shortened
from nbstage.convert.units import Program, defines, late_names

FOLDER = "pipeline/helpers"


@dataclass(frozen=True, slots=True)
class SharedModule:
    """A module of `pipeline/helpers`: its units (functions and classes that need each other stand
    together).
    """

    name: str
    units: tuple[int, ...]

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.name}.py"

    @property
    def dotted(self) -> str:
        return f"{FOLDER.replace('/', '.')}.{self.name}"


@dataclass(frozen=True, slots=True)
class Shared:
    """All shared modules of a notebook, by the name they define, and what an importable unit needs
    of others.
    """

    modules: dict[str, SharedModule]
    needs: dict[int, frozenset[int]]


def share(program: Program, prefix: str = "") -> Shared:
    """Give each importable function or class its module, named with the notebook's prefix."""
    canonical = {
        name: _first(program, name)
        for index in program.importable
        for name in program.units[index].effects.binds
    }
    needs = {index: _needs(program, canonical, index) for index in sorted(program.importable)}
    groups: dict[str, set[int]] = {}
    for index in sorted(set(canonical.values())):
        if not stands_alone(program, index):
            continue
        circle = {
            other
            for other in _reach(needs, index)
            if index in _reach(needs, other) and stands_alone(program, other)
        }
        first = min(circle | {index})
        key = module_name(min(program.units[first].effects.binds), prefix)
        groups.setdefault(key, set()).update(circle | {index})
    modules: dict[str, SharedModule] = {}
    for key, members in groups.items():
        module = SharedModule(key, tuple(sorted(members)))
        for index in members:
            modules.update(dict.fromkeys(program.units[index].effects.binds, module))
    return Shared(modules, needs)


def stands_alone(program: Program, index: int) -> bool:
    """Whether an importable unit gets a module of its own: a function or class does, an import or
    a constant doesn't.
    """
    unit = program.units[index]
    return defines(unit) and not isinstance(unit.node, ast.Import | ast.ImportFrom | ast.Try)


def _first(program: Program, name: str) -> int:
    return next(index for index in program.writers[name] if index in program.importable)


def _needs(program: Program, canonical: dict[str, int], index: int) -> frozenset[int]:
    unit = program.units[index]
    names = {*unit.effects.reads, *unit.effects.soft, *late_names(unit)}
    return frozenset(canonical[name] for name in names if name in canonical)


def _reach(needs: dict[int, frozenset[int]], index: int) -> set[int]:
    seen: set[int] = set()
    todo = list(needs.get(index, ()))
    while todo:
        other = todo.pop()
        if other not in seen:
            seen.add(other)
            todo.extend(needs.get(other, ()))
    return seen


def module_name(name: str, prefix: str = "") -> str:
    """`TenureBands` -> `tenure_bands`: the module's name for a function or class."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    start = f"{prefix}_" if prefix else ""
    module = shortened(f"{start}{words.lower()}")
    return f"{module}_" if keyword.iskeyword(module) or module in DEVICES else module
