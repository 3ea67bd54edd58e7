"""What the signature of a stage's function says: types that are known, in functions plain enough
for mypy to follow.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass, field

from nbstage.convert import known
from nbstage.convert.imports import Import, imports_of
from nbstage.convert.stages import StagePlan
from nbstage.convert.units import Program, Unit

_PLAIN = frozenset({"int", "float", "str", "bool"})
_MODULES = {
    "pandas.DataFrame": ("pandas", "pd", "DataFrame"),
    "pandas.Series": ("pandas", "pd", "Series"),
    "numpy.ndarray": ("numpy", "np", "ndarray"),
}


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotation of each argument that has one, of the result, and the imports they need."""

    arguments: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    imports: frozenset[Import] = frozenset()


def annotations_for(program: Program, plan: StagePlan) -> Annotations:
    """Annotations where the type is known.

    None at all where the body gives a name two meanings: mypy would object.
    """
    units = [program.units[index] for index in plan.body]
    given = {name for artifact in plan.inputs for name in artifact.names} | set(plan.parameters)
    if not _is_plain(program, units, given):
        return Annotations()
    imports: set[Import] = set()
    first = plan.body[0] if plan.body else 0
    arguments = {
        name: text
        for name in sorted(given)
        if (text := _annotation(program, _type_before(program, name, first), imports))
    }
    last = (plan.body[-1] if plan.body else 0) + 1
    results = [
        _annotation(program, _type_before(program, name, last), imports) for name in plan.results
    ]
    if not results:
        returns = "None"
    elif all(results) and not plan.unset_outputs:
        returns = results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    else:
        returns = ""
    return Annotations(arguments, returns, frozenset(imports))


def _type_before(program: Program, name: str, index: int) -> str:
    while (writer := program.writer_before(name, index)) is not None:
        values = program.units[writer].values
        if name in values:
            return values[name].type
        index = writer
    return ""


def _annotation(program: Program, type: str, imports: set[Import]) -> str:
    if type in _PLAIN:
        return type
    if type in _MODULES:
        module, short, attribute = _MODULES[type]
        bound = next(
            (
                item.bound
                for item in _every_import(program)
                if item.module == module and not item.name
            ),
            short,
        )
        if (
            program.writers.get(bound)
            and bound == short
            and not _binds_module(program, module, bound)
        ):
            return ""
        imports.add(Import(module, "", bound))
        return f"{bound}.{attribute}"
    if known.is_estimator(type):
        module, _, name = type.rpartition(".")
        found = [
            item for item in _every_import(program) if item.module == module and item.name == name
        ]
        item = found[0] if found else Import(module, name, name)
        if found or name not in program.writers:
            imports.add(item)
            return item.bound
    return ""


def _every_import(program: Program) -> list[Import]:
    return [
        item for index in sorted(program.importable) for item in imports_of(program.units[index])
    ]


def _binds_module(program: Program, module: str, bound: str) -> bool:
    return any(item.module == module and item.bound == bound for item in _every_import(program))


def _is_plain(program: Program, units: list[Unit], given: set[str]) -> bool:
    bound: Counter[str] = Counter()
    for unit in units:
        for node in ast.walk(unit.node):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                return False
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                bound[node.id] += 1
            if isinstance(node, ast.Assign | ast.AugAssign) and _is_vague(node.value):
                return False
    again = {name for name, count in bound.items() if count > 1} | (given & set(bound))
    return all(_keeps_its_type(program, name) for name in again)


def _keeps_its_type(program: Program, name: str) -> bool:
    values = [program.units[index].values.get(name) for index in program.writers.get(name, ())]
    types = {value.type for value in values if value is not None}
    return len(types) == 1 and types <= {"pandas.DataFrame", "pandas.Series", "int", "str"}


def _is_vague(value: ast.expr) -> bool:
    """`[]` and `dict()` ask for an annotation of their own."""
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Constant(value=None):
            return True
        case ast.Call(func=ast.Name(id="list" | "dict" | "set" | "defaultdict" | "Counter")):
            return True
        case _:
            return False
