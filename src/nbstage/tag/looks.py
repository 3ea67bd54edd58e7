"""What each code cell does, read off the abstract run of the notebook."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nbstage.convert.blocks import Block
from nbstage.convert.effects.values import IMMUTABLE
from nbstage.convert.parameters import find_parameters
from nbstage.convert.rules import Converted
from nbstage.convert.tagged import assigned_names
from nbstage.convert.units import Program, Unit, defines, is_definition
from nbstage.model import Role
from nbstage.tag.curves import calls_curve, curve_names, tables_a_curve

_FITTING = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit", "fit_resample"})
#: What scikit-learn's metrics give that is no number.
_NO_NUMBER = ("_curve", "_matrix", "_report", "Display", "make_scorer", "_scorer")
_NUMBERS = frozenset({"int", "float", "scalar"})
#: Beside metrics these do no harm: what of them is no number is left out when the stage runs.
_NO_METRIC = frozenset(
    {"str", "list", "set", "function", "class", "numpy.ndarray", "bytes", "dict", "tuple"}
)


@dataclass(frozen=True, slots=True)
class Look:
    """One code cell, as far as its code tells.

    `needed_by` are the cells whose code needs what this one makes or changes. `parameters` are the
    names it assigns plain values to, if it does nothing else; `steady` says that the names it gives
    values, definitions apart, get them here alone.
    """

    cell: int
    empty: bool = False
    imports: bool = False
    settings: bool = False
    constants: bool = False
    definitions: bool = False
    repeatable: bool = False
    parameters: tuple[str, ...] = ()
    steady: bool = True
    only_asserts: bool = False
    shows: bool = False
    works: bool = False
    reads_files: bool = False
    splits: bool = False
    fits: bool = False
    scores: bool = False
    metrics: bool = False
    numbers: bool = False
    curve: bool = False
    needed_by: frozenset[int] = frozenset()


def looks(converted: Converted) -> dict[int, Look]:
    """What each code cell does, by its number."""
    users = _users(converted)
    units: dict[int, list[Unit]] = {}
    for unit in converted.program.units:
        units.setdefault(unit.block.cell.number, []).append(unit)
    scoring, curves = _scoring_names(converted), curve_names(converted)
    return {
        block.cell.number: _look(
            converted,
            block,
            units.get(block.cell.number, []),
            frozenset(users.get(block.cell.number, ())),
            scoring,
            curves,
        )
        for block in converted.blocks
    }


def _look(
    converted: Converted,
    block: Block,
    units: list[Unit],
    users: frozenset[int],
    scoring: frozenset[str],
    curves: frozenset[str],
) -> Look:
    if not units:
        return Look(block.cell.number, empty=True)
    program = converted.program
    rest = [unit for unit in units if not is_definition(unit.node)]
    calls = frozenset(_called(units))
    scores = bool(calls & scoring) or any(map(_is_metric, _paths(units)))
    fits = bool(calls & _FITTING)
    writes = any(use.mode != "r" for unit in units for use in unit.effects.files)
    return Look(
        cell=block.cell.number,
        imports=any(is_definition(unit.node) and not _defines_code(unit) for unit in units),
        settings=any(map(_only_sets, units)),
        constants=any(_is_constant(program, unit) for unit in rest),
        definitions=any(_defines_code(unit) for unit in units),
        repeatable=all(
            is_definition(unit.node)
            or _only_sets(unit)
            or _defines_code(unit)
            or _is_constant(program, unit)
            for unit in units
        ),
        parameters=_parameters(block, units),
        steady=all(len(program.writers[name]) == 1 for unit in rest for name in unit.effects.binds),
        only_asserts=all(isinstance(unit.node, ast.Assert) for unit in units),
        shows=any(map(_shows, units)),
        works=writes or fits or scores or any(_acts(unit) for unit in units),
        reads_files=any(use.mode == "r" for unit in units for use in unit.effects.files)
        or any(path.startswith("sklearn.datasets.") for path in _paths(units)),
        splits=any(path.endswith("train_test_split") for path in _paths(units)),
        fits=fits,
        scores=scores,
        metrics=not fits and _gives_metrics(units, scoring),
        numbers=_gives_numbers(units),
        curve=not fits and tables_a_curve(units, curves),
        needed_by=users,
    )


def _users(converted: Converted) -> dict[int, set[int]]:
    """For each cell those that need a version of a name that it makes."""
    program = converted.program
    found: dict[int, set[int]] = {}
    for unit in program.units:
        for name in {*unit.effects.reads, *unit.effects.soft}:
            for maker in _makers(program, name, unit.index):
                if converted.cell(maker) != unit.block.cell.number:
                    found.setdefault(converted.cell(maker), set()).add(unit.block.cell.number)
    return found


def _makers(program: Program, name: str, at: int) -> Iterator[int]:
    """The units that make the version of the name that holds there: the last that surely binds it,
    and those that bind it perhaps or change it after that.
    """
    index = program.writer_before(name, at)
    while index is not None:
        yield index
        if program.units[index].effects.binds.get(name):
            return
        index = program.writer_before(name, index)


def _defines_code(unit: Unit) -> bool:
    """Whether the statement defines a function or a class."""
    imports = isinstance(unit.node, ast.Import | ast.ImportFrom | ast.Try)
    return defines(unit) and not imports


def _only_sets(unit: Unit) -> bool:
    return bool(unit.effects.settings) and not unit.effects.binds


def _is_constant(program: Program, unit: Unit) -> bool:
    """Whether a statement gives names values that are made of nothing but what is written there and
    that may be made again.
    """
    if unit.index not in program.repeatable or unit.effects.changes:
        return False
    called = any(isinstance(part, ast.Call) for part in ast.walk(unit.node))
    return not called or all(value.type in IMMUTABLE for value in unit.values.values())


def _acts(unit: Unit) -> bool:
    return bool(unit.effects.settings) or unit.effects.acts or unit.effects.moves


def _parameters(block: Block, units: list[Unit]) -> tuple[str, ...]:
    """The names, if each statement of the cell gives one a plain value of its own."""
    found = find_parameters((replace(block, role=Role.PARAMETERS),))
    plain = {one.name for one in found if one.value not in ([], {}, None)}
    names = [_plain_name(unit.node) for unit in units]
    fits = all(name and name in plain and not name.startswith("_") for name in names)
    return tuple(names) if fits and len(set(names)) == len(names) else ()


def _plain_name(node: ast.stmt) -> str:
    """The name that a statement gives a value that is made of no other name."""
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            return "" if any(isinstance(part, ast.Name) for part in ast.walk(value)) else name
        case _:
            return ""


def _shows(unit: Unit) -> bool:
    """Whether a statement is there for what it shows: a display, a print, a plot."""
    match unit.node:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.Expr():
            return True
        case ast.For(body=body) | ast.With(body=body) | ast.If(body=body):
            return any(isinstance(part, ast.Expr) for part in body)
        case _:
            return False


def _called(units: list[Unit]) -> Iterator[str]:
    """The names of functions and methods that the cell's own statements call."""
    for unit in units:
        if _defines_code(unit):
            continue
        for part in ast.walk(unit.node):
            match part:
                case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                    yield name


def _paths(units: list[Unit]) -> Iterator[str]:
    """The library names that the cell uses beyond importing them."""
    for unit in units:
        if not is_definition(unit.node):
            yield from unit.effects.paths


def _scoring_names(converted: Converted) -> frozenset[str]:
    """The notebook's own functions that call a metric, and the metrics it imports by name."""
    names: set[str] = set()
    for unit in converted.program.units:
        match unit.node:
            case ast.ImportFrom(module=str(module), names=aliases):
                names.update(
                    alias.asname or alias.name
                    for alias in aliases
                    if _is_metric(f"{module}.{alias.name}")
                )
            case ast.FunctionDef(name=name):
                inside = {part.id for part in ast.walk(unit.node) if isinstance(part, ast.Name)}
                if inside & names or any(map(_is_metric, unit.effects.paths)):
                    names.add(name)
    return frozenset(names)


def _is_metric(path: str) -> bool:
    return (
        path.startswith(("sklearn.metrics.", "torchmetrics.", "skimage.metrics."))
        and not path.endswith(_NO_NUMBER)
        and path.count(".") >= 2
    )


def _gives_metrics(units: list[Unit], scoring: frozenset[str]) -> bool:
    """Whether the cell assigns numbers of a metric, and nothing else that would pass for one."""
    found = False
    for unit in units:
        names = assigned_names(unit.node)
        if not names:
            continue
        scored = bool(scoring & set(_called([unit]))) or any(map(_is_metric, unit.effects.paths))
        scored = scored and not calls_curve(unit)
        types = {unit.values[name].type if name in unit.values else "" for name in names}
        if not scored and not types <= _NUMBERS | _NO_METRIC:
            return False
        found |= scored
    return found


def _gives_numbers(units: list[Unit]) -> bool:
    """Whether the cell assigns numbers, and dicts that may hold such, and nothing else."""
    types: set[str] = set()
    for unit in units:
        names = assigned_names(unit.node)
        if not names and not isinstance(unit.node, ast.Expr):
            return False
        types |= {unit.values[name].type if name in unit.values else "" for name in names}
    return types <= _NUMBERS | {"dict", "numpy"} and bool(types & {"float", "scalar"})
