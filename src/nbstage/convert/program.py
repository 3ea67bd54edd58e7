"""Cells -> a program: its statements with their effects, and which of them may be repeated or stand
in a module of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import replace

from nbstage.convert.blocks import Block, Segment, segments
from nbstage.convert.effects import CellCode, analyse
from nbstage.convert.effects.nouns import Owned
from nbstage.convert.units import (
    IMPORTS,
    RESERVED,
    Program,
    Unit,
    defines,
    is_definition,
    late_names,
    parameter_name,
)
from nbstage.model import CellFacts, Role

#: Names that mean something else in each module.
_OF_MODULES = frozenset({"__name__", "__file__"})


def program(
    blocks: tuple[Block, ...],
    star_names: Callable[[str], tuple[str, ...] | None],
    parameters: dict[str, object],
    facts: dict[int, CellFacts],
) -> Program:
    """Analyse a notebook top to bottom.

    `parameters` are the values that params.yaml gives, `facts` what a traced run saw, by the
    number of the cell.
    """
    parts = [(block, segments(block)) for block in blocks]
    cells = [
        CellCode(
            tuple(_with_value(segment, parameters) for segment in found),
            facts.get(block.cell.number),
            block.may_fail,
        )
        for block, found in parts
    ]
    every = [segment for _, found in parts for segment in found]
    units = tuple(
        Unit(index, segment, done.effects, done.values)
        for index, (segment, done) in enumerate(zip(every, analyse(cells, star_names), strict=True))
    )
    given = {name: unit.index for unit in units if (name := parameter_name(unit)) in parameters}
    found = Program(units, _writers(units), given, facts=facts)
    repeatable = _settle(
        found, {unit.index for unit in units if _may_repeat(found, unit)}, _needs_repeatable
    )
    found = replace(found, repeatable=repeatable)
    rebound = declared_global(units)
    once = {
        index
        for index in repeatable
        if rebound.isdisjoint(units[index].effects.binds) and _once(found, units[index])
    }
    return replace(found, importable=_settle(found, once, _needs_importable))


def _writers(units: tuple[Unit, ...]) -> dict[str, tuple[int, ...]]:
    """For each name the units that bind or change it, in order."""
    found: dict[str, list[int]] = {}
    for unit in units:
        for name in dict.fromkeys((*unit.effects.binds, *unit.effects.changes)):
            found.setdefault(name, []).append(unit.index)
    return {name: tuple(rows) for name, rows in found.items()}


def _with_value(segment: Segment, parameters: dict[str, object]) -> ast.stmt:
    """A parameter's statement as it is with the value of params.yaml, so that paths made from it
    are known.
    """
    node = segment.node
    if segment.block.role is not Role.PARAMETERS:
        return node
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if (
            name in parameters
        ):
            value = (
                ast.parse(repr(parameters[name]), mode="eval").body
                if _is_literal(parameters[name])
                else node.value
            )
            target = ast.copy_location(ast.Name(name, ast.Store()), node)
            assigned = ast.copy_location(ast.Assign([target], value or ast.Constant(None)), node)
            return ast.fix_missing_locations(assigned)
        case _:
            return node


def _is_literal(value: object) -> bool:
    return isinstance(value, str | int | bool | None) or (
        isinstance(value, list | dict) and not value
    )


def _may_repeat(program: Program, unit: Unit) -> bool:
    """Whether running the statement again in another process gives the same, as far as the
    statement itself goes.
    """
    effects = unit.effects
    if (
        unit.index in program.parameters.values()
        or unit.block.may_fail
        or effects.deletes
        or not (effects.binds or effects.changes)
    ):
        return False
    if unit.role in (Role.IMPORTS, Role.FUNCTIONS, Role.UNTAGGED, Role.PARAMETERS):
        quiet = not (effects.files or effects.unknown or effects.varies or effects.marks)
        return quiet and not effects.settings
    if effects.changes or effects.unknown or effects.settings:
        return False
    return defines(unit) or _fetches(program, unit)


def _fetches(program: Program, unit: Unit) -> bool:
    """Whether a statement gives a name to what is a library's and stays so: `log =
    logging.getLogger("x")`, `read = pd.read_csv`.
    """
    match unit.node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in unit.values:
            found = unit.values[name]
        case _:
            return False
    if isinstance(value, ast.Call):
        return bool(found.objs) and all(isinstance(obj.detail, Owned) for obj in found.objs)
    if not isinstance(value, ast.Name | ast.Attribute) or not found.path or found.objs:
        return False
    library = found.path.split(".")[0]
    return not any(library in earlier.effects.settings for earlier in program.units[: unit.index])


def _needs_repeatable(program: Program, unit: Unit, kept: set[int]) -> bool:
    """What the statement reads when it runs must be repeatable too, or a parameter, and the same
    at any later time.
    """
    for name in {*unit.effects.reads, *unit.effects.soft, *unit.effects.changes}:
        writer = program.writer_before(name, unit.index)
        if writer is None:
            # Without a value yet: the same at a later time only if it never gets one.
            if name in program.writers and not defines(unit):
                return False
            continue
        steady = len(program.writers[name]) == 1
        definition = defines(unit) and steady
        if writer not in kept and writer not in program.parameters.values() and not definition:
            return False
    return True


def _needs_importable(program: Program, unit: Unit, kept: set[int]) -> bool:
    if any(isinstance(node, ast.Global) for node in ast.walk(unit.node)):
        return False
    late = late_names(unit)
    if late & _OF_MODULES or (not defines(unit) and _in_circle(program, unit)):
        return False
    names = {*unit.effects.reads, *unit.effects.soft, *late}
    return all(writer in kept for name in names for writer in program.writers.get(name, ()))


def _in_circle(program: Program, unit: Unit) -> bool:
    """Whether a value is made by what needs that value: then none of them can stand first.

    class Box:
        def copy(self): return EMPTY
    EMPTY = Box()
    """
    seen: set[int] = set()
    todo = [unit]
    while todo:
        one = todo.pop()
        for name in {*one.effects.reads, *one.effects.soft, *late_names(one)}:
            for writer in program.writers.get(name, ()):
                if writer == unit.index:
                    return True
                if writer not in seen and defines(program.units[writer]):
                    seen.add(writer)
                    todo.append(program.units[writer])
    return False


def declared_global(units: Iterable[Unit]) -> frozenset[str]:
    """The names that functions may give another value: they have to be the stage function's own."""
    return frozenset(
        name
        for unit in units
        if "global" in unit.block.code.text
        for node in ast.walk(unit.node)
        if isinstance(node, ast.Global)
        for name in node.names
    )


def _once(program: Program, unit: Unit) -> bool:
    """Whether all the names are bound just here (or alike elsewhere) and never changed."""
    if not isinstance(unit.node, IMPORTS) and RESERVED & set(unit.effects.binds):
        return False
    names = unit.effects.binds
    return not unit.effects.changes and all(_same_everywhere(program, name) for name in names)


def _same_everywhere(program: Program, name: str) -> bool:
    if not name.isidentifier():
        return False
    writers = [program.units[index] for index in program.writers[name]]
    if len(writers) == 1:
        return True
    if any(name in writer.effects.changes for writer in writers):
        return False
    if all(_imports_inside(writer.node, name) for writer in writers):
        return True
    first = ast.dump(writers[0].node)
    return is_definition(writers[0].node) and all(
        ast.dump(writer.node) == first for writer in writers
    )


def _imports_inside(node: ast.stmt, name: str) -> bool:
    """`import a.b` and `import a.c` bind the same `a`."""
    if not isinstance(node, ast.Import):
        return False
    return all(alias.asname is None for alias in node.names if alias.name.split(".")[0] == name)


def _settle(
    program: Program, candidates: Iterable[int], keeps: Callable[[Program, Unit, set[int]], bool]
) -> frozenset[int]:
    """The largest part of the candidates that satisfies the condition within itself."""
    kept = set(candidates)
    while True:
        lost = {index for index in kept if not keeps(program, program.units[index], kept)}
        if not lost:
            return frozenset(kept)
        kept -= lost
