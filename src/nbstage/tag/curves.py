"""Cells that make a table of a curve: what of them DVC can plot."""

from __future__ import annotations

from nbstage.convert.rules import Converted
from nbstage.convert.tagged import NEVER_TABLE, assigned_names, is_matrix
from nbstage.convert.units import Unit, is_definition

_CURVES = ("_curve", "confusion_matrix")
_TABLES = frozenset({"pandas.DataFrame", "pandas.Series", "dict"})


def curve_names(converted: Converted) -> frozenset[str]:
    """The names that get what a curve's function gives, and nothing else."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for unit in converted.program.units:
        names[calls_curve(unit)].update(assigned_names(unit.node))
    return frozenset(names[True] - names[False])


def tables_a_curve(units: list[Unit], curves: frozenset[str]) -> bool:
    """Whether the cell makes a table of a curve, and no other table."""
    found = False
    for unit in units:
        names = assigned_names(unit.node)
        types = {unit.values[name].type if name in unit.values else "" for name in names}
        if calls_curve(unit) or curves & set(unit.effects.reads):
            found |= bool(types & _TABLES) or is_matrix(unit.node)
        elif not all(one in NEVER_TABLE or one.startswith("matplotlib") for one in types):
            return False
    return found


def calls_curve(unit: Unit) -> bool:
    """Whether a statement asks scikit-learn for a curve or a confusion matrix."""
    paths = () if is_definition(unit.node) else unit.effects.paths
    return any(path.startswith("sklearn.") and path.endswith(_CURVES) for path in paths)
