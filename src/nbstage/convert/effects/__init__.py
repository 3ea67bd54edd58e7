"""What each statement of a notebook reads, binds and changes, found without running it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nbstage.convert.effects.expressions import evaluate
from nbstage.convert.effects.machine import GLOBAL, Machine, branch
from nbstage.convert.effects.nouns import Effects
from nbstage.convert.effects.observed import name_files, settle
from nbstage.convert.effects.statements import execute
from nbstage.convert.effects.sweep import sweep
from nbstage.convert.effects.values import Value
from nbstage.model import CellFacts

__all__ = ["Analysed", "CellCode", "Effects", "analyse"]

#: Statements between two sweeps: at least so many, and more where more is alive, so that sweeping
#: takes its part of the time and no more.
_SWEEP = 200
_LIVE_PER_STATEMENT = 40


@dataclass(frozen=True, slots=True)
class Analysed:
    """One top-level statement, what it does, and the values the names it binds or changes have
    afterwards.
    """

    node: ast.stmt
    effects: Effects
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class CellCode:
    """The statements of a code cell, and what a traced run saw of it.

    `may_fail` is for a cell that raises on purpose: the notebook goes on after it.
    """

    statements: tuple[ast.stmt, ...]
    seen: CellFacts | None = None
    may_fail: bool = False


def analyse(
    cells: Iterable[CellCode], star_names: Callable[[str], tuple[str, ...] | None]
) -> Iterator[Analysed]:
    """Each statement of a notebook, top to bottom, with its effects.

    `star_names` tells the names `from module import *` brings.
    """
    machine = Machine(evaluate, execute, star_names)
    count = 0
    due = _SWEEP
    for cell in cells:
        seen = cell.seen if cell.seen is not None and not cell.seen.raised else None
        machine.seen = seen
        done = []
        for statement in cell.statements:
            count += 1
            if count >= due:
                due = count + max(_SWEEP, sweep(machine) // _LIVE_PER_STATEMENT)
            done.append(_analysed(machine, statement, may_fail=cell.may_fail))
        if seen is not None and done:
            _settle(machine, seen, done)
        yield from done


def _analysed(machine: Machine, statement: ast.stmt, *, may_fail: bool) -> Analysed:
    machine.effects, machine.bound, machine.dead = Effects(), set(), False
    if may_fail:
        machine.guarded += 1
        branch(machine, lambda: execute(machine, [statement]), may_skip=True)
        machine.guarded -= 1
    else:
        execute(machine, [statement])
    return Analysed(statement, _settled(machine), _values(machine))


def _settle(machine: Machine, seen: CellFacts, done: list[Analysed]) -> None:
    """Let what the run saw settle what the cell's code leaves open."""
    name_files(seen, [(one.node, one.effects) for one in done])
    for name, value in settle(machine, seen, [one.effects for one in done]).items():
        last = next(one for one in reversed(done) if _touches(one.effects, name))
        last.values[name] = value


def _touches(effects: Effects, name: str) -> bool:
    return name in effects.binds or name in effects.changes


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
