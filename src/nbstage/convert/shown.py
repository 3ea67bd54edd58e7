"""What a stage shows: its tables and figures as DVC plots."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbstage.convert.flow import Flow, StageFlow, value_of
from nbstage.convert.units import Program, Unit
from nbstage.model import Plot

_TABLES = frozenset({"pandas.DataFrame", "pandas.Series"})
_CONFUSION = ("actual", "predicted")
#: Libraries whose figures Jupyter shows only where a cell's last line gives them.
_SHOWN_LAST = ("plotly", "seaborn._core", "seaborn.objects")


@dataclass(frozen=True, slots=True)
class Shown:
    """What `dvc plots` shows of a stage. `tables` are its plot tables, `possible` names that may
    hold one, `last` the statements whose value Jupyter shows at a cell's end and that may give a
    figure; `figures` says whether there may be any, `plotly` whether they may be plotly's.
    """

    tables: tuple[tuple[str, Plot], ...] = ()
    possible: tuple[str, ...] = ()
    last: frozenset[int] = frozenset()
    figures: bool = False
    plotly: bool = False

    def plots(self, stage: str) -> tuple[Plot, ...]:
        """All of it as entries of dvc.yaml."""
        tables = [plot for _, plot in self.tables]
        possible = [Plot(f"plots/{stage}/tables")] if self.possible else []
        figures = [Plot(f"plots/{stage}/figures", in_git=False)] if self.figures else []
        return (*tables, *possible, *figures)


def shown_by(flow: Flow, stage: StageFlow, body: Iterable[int], names: tuple[str, ...]) -> Shown:
    """What a stage shows of `names`, which its plots cells assign, and of what `body` draws."""
    program = flow.program
    units = [program.units[index] for index in body]
    last = frozenset(unit.index for unit in units if _may_be_figure(program, unit))
    seen = (program.facts.get(unit.block.cell.number) for unit in units)
    figures = (
        bool(last)
        or any(unit.effects.draws_figures for unit in units)
        or (_draws_such(program) and any(map(_is_shown, units)))
        or any(facts.figures for facts in seen if facts)
    )
    tables = [name for name in names if _type_of(flow, stage, name) in _TABLES]
    return Shown(
        tuple(_as_plots(flow, stage, tables)),
        tuple(name for name in names if name not in tables),
        last,
        figures,
        figures and _draws_such(program, "plotly"),
    )


def _type_of(flow: Flow, stage: StageFlow, name: str) -> str:
    maker = flow.program.writer_before(name, stage.units[-1] + 1)
    value = value_of(flow, name, maker) if maker is not None else None
    return value.type if value is not None else ""


def _as_plots(flow: Flow, stage: StageFlow, names: list[str]) -> Iterator[tuple[str, Plot]]:
    """Where each table goes; many file systems don't tell `roc` from `ROC`."""
    taken: dict[str, int] = {}
    for name in names:
        number = taken[name.casefold()] = taken.get(name.casefold(), 0) + 1
        path = f"plots/{stage.name}/{name}{f'-{number}' if number > 1 else ''}.csv"
        columns = _columns(flow, stage, name)
        if len(columns) < 2:
            yield name, Plot(path)
        elif set(columns) == set(_CONFUSION):
            yield name, Plot(path, *_CONFUSION, template="confusion")
        else:
            yield name, Plot(path, columns[0], columns[-1])


def _columns(flow: Flow, stage: StageFlow, name: str) -> tuple[str, ...]:
    """A table's columns, where the code says them: `pd.DataFrame({"size": ..., "share": ...})`.

    Nothing is said of one that is changed after that.
    """
    writers = flow.program.writers_among(name, stage.units)
    node = flow.program.units[writers[-1]].node if writers else None
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.Call(args=[*args], keywords=[*keywords])):
            said = [word.value for word in keywords if word.arg == "columns"]
            return _texts((said or args or [ast.Constant(None)])[0])
        case _:
            return ()


def _texts(node: ast.expr) -> tuple[str, ...]:
    match node:
        case ast.Dict(keys=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            words = [part.value for part in parts if isinstance(part, ast.Constant)]
            texts = [word for word in words if isinstance(word, str)]
            return tuple(texts) if len(texts) == len(parts) else ()
        case _:
            return ()


def _may_be_figure(program: Program, unit: Unit) -> bool:
    """Whether a statement's value is shown, as its cell's last one, and may be a figure that is not
    pyplot's.
    """
    after = program.units[unit.index + 1 : unit.index + 2]
    if not isinstance(unit.node, ast.Expr) or not unit.segment.alone:
        return False
    if after and after[0].block is unit.block:
        return False
    if unit.block.code.text.rstrip().endswith(";") or unit.effects.gives is None:
        return False
    gives = unit.effects.gives
    if gives.startswith(_SHOWN_LAST) or _is_a_figure_by_name(unit.node.value, gives):
        return True
    return not gives and _draws_such(program) and not _is_shown(unit)


def _is_a_figure_by_name(node: ast.expr, gives: str) -> bool:
    """`fig`, or `draw(table)` with a function of the notebook's: what may be a figure that is shown
    once more, or is open no longer. A call of matplotlib's leaves its figure open.
    """
    named = isinstance(node, ast.Name) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    return named and gives.startswith("matplotlib")


def _draws_such(program: Program, libraries: str | tuple[str, ...] = _SHOWN_LAST) -> bool:
    paths = (path for unit in program.units for path in unit.effects.paths)
    return any(path.startswith(libraries) for path in paths)


def _is_shown(unit: Unit) -> bool:
    """Whether a statement shows its figure itself, or works on pyplot's."""
    pyplot = any(path.startswith("matplotlib.") for path in unit.effects.paths)
    return pyplot or any(
        isinstance(node, ast.Attribute) and node.attr == "show" for node in ast.walk(unit.node)
    )
