"""What each statement of a notebook reads, binds and changes, found without running it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nbstage.convert.effects.expressions import evaluate
from nbstage.convert.effects.machine import GLOBAL, Effects, Machine
from nbstage.convert.effects.statements import execute
from nbstage.convert.effects.sweep import sweep
from nbstage.convert.effects.values import Value

__all__ = ["Analysed", "Effects", "analyse"]

_SWEEP = 200  # statements between two sweeps


@dataclass(frozen=True, slots=True)
class Analysed:
    """One top-level statement, what it does, and the values the names it binds or changes have
    afterwards.
    """

    node: ast.stmt
    effects: Effects
    values: dict[str, Value]


def analyse(
    statements: Iterable[ast.stmt],
    star_names: Callable[[str], tuple[str, ...] | None],
    given: dict[str, Value],
) -> Iterator[Analysed]:
    """Each statement of a notebook, top to bottom, with its effects.

    `star_names` tells the names `from module import *` brings; `given` are values known before the
    first statement.
    """
    machine = Machine(evaluate, execute, star_names)
    machine.store[0].update({(GLOBAL, name): value for name, value in given.items()})
    for position, statement in enumerate(statements, start=1):
        if position % _SWEEP == 0:
            sweep(machine)
        machine.effects, machine.bound, machine.dead = Effects(), set(), False
        execute(machine, [statement])
        yield Analysed(statement, _settled(machine), _values(machine))


def _settled(machine: Machine) -> Effects:
    effects = machine.effects
    for name in effects.binds:
        effects.binds[name] = name in machine.bound and not machine.dead
    effects.unbinds.update(name for name in effects.deletes if not effects.binds[name])
    for name in effects.deletes - effects.unbinds:
        machine.store[0].pop((GLOBAL, name), None)
    return effects


def _values(machine: Machine) -> dict[str, Value]:
    touched = {*machine.effects.binds, *machine.effects.changes}
    return {
        name: machine.store[0][GLOBAL, name]
        for name in sorted(touched)
        if (GLOBAL, name) in machine.store[0]
    }
