"""The notebook's statements with their effects, and all of them as a program."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from nbstage.convert.blocks import Block, Segment
from nbstage.convert.effects import Effects
from nbstage.convert.effects.scope import late_free_names
from nbstage.convert.effects.values import Value
from nbstage.model import CellFacts, Role

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
#: Names that a stage's module needs for itself.
RESERVED = frozenset({"main", "nbstage", "asyncio"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One top-level statement: where it stands, what it does, and the values it leaves."""

    index: int
    segment: Segment
    effects: Effects
    values: dict[str, Value]

    @property
    def stage(self) -> str:
        return self.segment.block.stage

    @property
    def home(self) -> str:
        """The stage it belongs to, or the check."""
        return self.segment.block.stage or self.segment.block.check

    @property
    def role(self) -> Role:
        return self.segment.block.role

    @property
    def node(self) -> ast.stmt:
        return self.segment.node

    @property
    def block(self) -> Block:
        return self.segment.block


@dataclass(frozen=True, slots=True)
class Program:
    """A notebook as units in order, and for each name the units that bind or change it.

    `parameters` maps a parameter's name to the unit that gives it. `repeatable` units may be
    repeated in any stage; those in `importable` can stand in a module of their own, for all that
    they need is importable too. `facts` are what a traced run saw, by the number of the cell.
    """

    units: tuple[Unit, ...]
    writers: dict[str, tuple[int, ...]]
    parameters: dict[str, int]
    repeatable: frozenset[int] = frozenset()
    importable: frozenset[int] = frozenset()
    facts: dict[int, CellFacts] = field(default_factory=dict)

    def writer_before(self, name: str, index: int) -> int | None:
        """The last unit before `index` that binds or may change the name."""
        writers = self.writers.get(name, ())
        at = bisect_left(writers, index)
        return writers[at - 1] if at else None

    def writers_among(self, name: str, units: Sequence[int]) -> list[int]:
        """Those of a stage's or check's units (in order) that bind or may change the name."""
        writers = self.writers.get(name, ())
        if not writers or not units:
            return []
        first, last = bisect_left(writers, units[0]), bisect_right(writers, units[-1])
        home = self.units[units[0]].home
        return [index for index in writers[first:last] if self.units[index].home == home]


def parameter_name(unit: Unit) -> str:
    """The name a statement of a parameters cell assigns, or the empty string."""
    if unit.role is not Role.PARAMETERS:
        return ""
    match unit.node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return ""


def is_definition(node: ast.stmt) -> bool:
    """An import, a function, a class, a named lambda, or a `try` around imports."""
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.Lambda()):
            return True
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
            parts = [*body, *(part for handler in handlers for part in handler.body)]
            return any(isinstance(part, IMPORTS) for part in body) and all(
                _imports_or_flags(part) for part in parts
            )
        case _:
            return isinstance(node, (*_DEFINITIONS, *IMPORTS))


def _imports_or_flags(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.Constant()):
            return True
        case _:
            return isinstance(node, (*IMPORTS, ast.Pass))


def defines(unit: Unit) -> bool:
    """Whether a statement only makes a definition; `Pair = namedtuple("Pair", "a b")` does too."""
    match unit.node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
            return name in unit.values and unit.values[name].type == "type"
        case _:
            return is_definition(unit.node)


def late_names(unit: Unit) -> frozenset[str]:
    """The globals that what a statement defines reads when it is used, beyond what it reads when
    it runs.
    """
    return late_free_names(unit.node) if is_definition(unit.node) else frozenset()
