"""What a traced run saw of the cell at hand, and how it settles what the code leaves open.

Facts are about one run, and about a cell as a whole. So they settle doubts and nothing else: what a
call of which nothing is known did, where it surely ran, and of which type a value is that no table
tells. What the code says for certain stays; what the run saw and the code does not show is added.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import combinations

from nbstage.convert import known
from nbstage.convert.effects.machine import GLOBAL, GLOBALS, RANDOM, Machine, change, draw, peek
from nbstage.convert.effects.nouns import Effects, FileUse, Mark, Oddity, Owned, Site
from nbstage.convert.effects.values import Obj, Value, reach
from nbstage.model import CellFacts

#: Types of the analysis that stand for several.
_VAGUE = frozenset({"", "pandas", "numpy", "data", "scalar"})
_PLAIN = frozenset({"int", "float", "complex", "bool", "str", "bytes", "NoneType", "range"})
_DATA = frozenset({"pandas.DataFrame", "pandas.Series", "numpy.ndarray"})
_CONTAINERS = frozenset({"list", "dict", "set"})
#: Of these a type's name says nothing, or the analysis knows more.
_LEFT_ALONE = frozenset({"function", "builtin_function_or_method", "module", "type", "method"})


def settle(machine: Machine, seen: CellFacts, cell: list[Effects]) -> dict[str, Value]:
    """Add to the effects of a cell what the run saw and its code does not show; gives the values
    that are known better now.

    What is added goes to the cell's last statement that calls what is not known, else to its last.
    """
    touched = {name for effects in cell for name in (*effects.binds, *effects.changes)}
    unknown = [effects for effects in cell if effects.unknown]
    machine.effects = unknown[-1] if unknown else cell[-1]
    _add_changes(machine, seen, touched)
    for source in seen.draws:
        # A library that is imported may draw, too: where nothing was seeded, that is no matter.
        name = RANDOM.get(source, "")
        if name and name not in touched and peek(machine, GLOBALS, name) is not None:
            draw(machine, source)
    touched.update(machine.effects.changes)
    better = {name: value for name, value in _better_values(machine, seen) if name in touched}
    for name, value in better.items():
        for obj in value.objs:
            obj.names.add(name)
        machine.store[0][GLOBAL, name] = value
    _add_shares(machine, seen)
    return better


def _add_changes(machine: Machine, seen: CellFacts, touched: set[str]) -> None:
    for name in seen.changes:
        value = peek(machine, GLOBALS, name)
        type = seen.binds.get(name, "")
        # Whatever is drawn changes a figure, and a library's own object is a setting of it.
        if name in touched or type in _LEFT_ALONE or type.startswith("matplotlib."):
            continue
        if value is None or any(isinstance(obj.detail, Owned) for obj in value.objs):
            continue
        machine.effects.changes.setdefault(name, machine.site)
        change(machine, value.objs, deep=False)


def _better_values(machine: Machine, seen: CellFacts) -> Iterator[tuple[str, Value]]:
    for name, type in seen.binds.items():
        value = peek(machine, GLOBALS, name)
        if value is None or value.path or value.type not in _VAGUE or type in _LEFT_ALONE:
            continue
        better = _as_seen(type, value)
        if better is not None:
            yield name, better


def _as_seen(type: str, value: Value) -> Value | None:
    """The value with the type that the run saw. What an unknown call gave is taken for a new
    object: what it shares, the run has seen too.
    """
    if type in _PLAIN:
        return Value(type=type)
    if type.startswith("numpy.") and type not in _DATA and value.type == "scalar":
        return None
    if type in ("generator", "iterator"):
        return Value(frozenset({Obj("iterator")}), "iterator")
    if type == "tuple":
        return Value(frozenset({Obj("")}), "tuple") if value.type == "" else None
    if type not in _DATA | _CONTAINERS and not known.is_estimator(type):
        return None
    obj = Obj(type)
    if value.type:
        obj.share(value.objs)
    if type not in _DATA:
        obj.hold([Obj("")])
    return Value(frozenset({obj}), type)


def _add_shares(machine: Machine, seen: CellFacts) -> None:
    """Tie the values that share something which the code does not show. Which holds which the run
    did not see: each may hold the other.
    """
    for group in seen.shares:
        values = {name: peek(machine, GLOBALS, name) for name in group}
        objs = {name: value.objs for name, value in values.items() if value and value.objs}
        for one, other in combinations(sorted(objs), 2):
            if reach(objs[one]).isdisjoint(reach(objs[other])):
                for obj in objs[one]:
                    obj.hold(objs[other])
                for obj in objs[other]:
                    obj.hold(objs[one])


def name_files(seen: CellFacts, cell: list[tuple[ast.stmt, Effects]]) -> None:
    """Add the files that the run saw and the cell's code does not name.

    They go to the statement whose path is not known, else to one that calls what is not known. A
    path is known then if each unknown one has met a file: else there may be others.
    """
    told = {use.path for _, effects in cell for use in effects.files}
    for modes, paths in (("r", seen.reads), ("wa", seen.writes)):
        found = [path for path in paths if path not in told]
        marked = [
            (effects, mark)
            for node, effects in cell
            for mark in effects.marks
            if _lacks_path(mark, modes) and not (modes != "r" and _may_skip(node))
        ]
        if found:
            effects, site = _who_uses(cell, marked)
            effects.files += [FileUse(path, modes[0], site, True) for path in found]
        if len(found) >= len(marked):
            for effects, mark in marked:
                effects.marks.remove(mark)


def _who_uses(
    cell: list[tuple[ast.stmt, Effects]], marked: list[tuple[Effects, Mark]]
) -> tuple[Effects, Site]:
    if marked:
        effects, mark = marked[0]
        return effects, mark.site
    unknown = [(effects, node) for node, effects in cell if effects.unknown]
    effects, node = unknown[0] if unknown else (cell[-1][1], cell[-1][0])
    return effects, node


def _lacks_path(mark: Mark, modes: str) -> bool:
    return mark.kind is Oddity.NO_PATH and mark.detail in modes


def _may_skip(node: ast.stmt) -> bool:
    return isinstance(node, ast.If | ast.Try | ast.While | ast.Match)
