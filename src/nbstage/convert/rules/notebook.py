"""What the rules look at: one notebook, converted as far as it goes."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from nbstage.convert.blocks import Block, place
from nbstage.convert.checks import Check
from nbstage.convert.flow import Flow
from nbstage.convert.module_state import Keeps
from nbstage.convert.shared import Shared
from nbstage.convert.stages import StagePlan
from nbstage.convert.units import Program, Unit
from nbstage.model import Config, Notebook, Place, Role


@dataclass(frozen=True, slots=True)
class Converted:
    """A notebook with all that was found out about it.

    `known_stages` are those that dvc.yaml has from this notebook, `states` what modules beside the
    notebook keep between calls: `helper.count` -> the variables of `helper` it has to do with;
    `given` are the values that params.yaml has for its parameters.
    """

    notebook: Notebook
    blocks: tuple[Block, ...]
    program: Program
    flow: Flow
    shared: Shared
    plans: tuple[StagePlan, ...]
    config: Config
    known_stages: tuple[str, ...] = ()
    states: dict[str, Keeps] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    given: dict[str, object] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """What the names of its stages begin with, and its section of params.yaml is called."""
        return self.config.prefixes.get(self.notebook.path, "")

    def place(self, unit: int, site: ast.AST | None = None) -> Place:
        """Where a unit, or a part of it, stands."""
        found = self.program.units[unit]
        return place(
            found.block, site if site is not None and hasattr(site, "lineno") else found.node
        )

    def cell(self, unit: int) -> int:
        """The number of the cell a unit stands in."""
        return self.program.units[unit].block.cell.number

    def last_cell(self, stage: str, names: Iterable[str]) -> int:
        """The number of the stage's last cell that binds one of the names or changes its value.

        Not the stage's last cell: before that one, a cell of another stage may bind the name anew.
        """
        units = self.program.units
        writers = {
            index
            for name in names
            for index in (*self.program.writers.get(name, ()), *self.flow.extra.get(name, ()))
        }
        own = [index for index in writers if units[index].stage == stage]
        return self.cell(max(own) if own else self.flow.stages[stage].units[-1])


def kept(unit: Unit) -> bool:
    """Whether a unit is part of the pipeline."""
    return unit.role not in (Role.SKIP, Role.CHECK)
