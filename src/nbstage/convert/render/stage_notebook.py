"""StagePlan -> pipeline/STAGE.ipynb for a stage that runs as a notebook: a cell that loads what it
takes, the user's cells as they are, a cell that saves what it hands on.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from hashlib import sha256

from nbstage.convert.artifacts import RANDOM_NAMES, RANDOM_SOURCES
from nbstage.convert.blocks import Block, lines_of
from nbstage.convert.effects.scope import free_names
from nbstage.convert.imports import Import, imports_of, render_imports
from nbstage.convert.render.stage_module import SHELL, helper_imports
from nbstage.convert.render.text import call_lines, statement_text
from nbstage.convert.shared import stands_alone
from nbstage.convert.stages import StagePlan
from nbstage.convert.units import Program, Unit
from nbstage.model import Artifact

_HEAD = "# Written by nbstage: {}. Edit {} and run `nbstage convert`."
_OURS = "import nbstage.runtime.notebook as _nbstage"
#: Of a cell's tags, those that say how it runs or how it is shown.
_KEPT_TAGS = ("raises-exception", "hide-", "remove-", "scroll-", "full-width")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

Lines = list[str]


def render_notebook(program: Program, plan: StagePlan, local: frozenset[str]) -> str:
    """The text of the stage's notebook: no outputs, no counts, ids by what is in a cell."""
    inner = [
        (lines, _tags(block))
        for block, units in _by_block(program, plan)
        if (lines := _cell_lines(program, plan, block, units))
    ]
    text = "\n".join(line for lines, _ in inner for line in lines)
    cells = [
        (_opening(program, plan, local, text), ("nbstage-inputs",)),
        *inner,
        (_closing(plan), ("nbstage-outputs",)),
    ]
    notebook = {"cells": _with_ids(cells), "metadata": _METADATA, "nbformat": 4}
    return json.dumps({**notebook, "nbformat_minor": 5}, indent=1, ensure_ascii=False) + "\n"


def _with_ids(cells: list[tuple[Lines, tuple[str, ...]]]) -> list[dict[str, object]]:
    """Each cell with an id that stays when others come and go."""
    found: list[dict[str, object]] = []
    taken: set[str] = set()
    for lines, tags in cells:
        if not lines:
            continue
        source = "\n".join(lines)
        number = 0
        while (name := sha256(f"{number}{source}".encode()).hexdigest()[:8]) in taken:
            number += 1
        taken.add(name)
        found.append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": name,
                "metadata": {"tags": list(tags)} if tags else {},
                "outputs": [],
                "source": source.splitlines(keepends=True),
            }
        )
    return found


def _tags(block: Block) -> tuple[str, ...]:
    return tuple(tag for tag in block.cell.tags if tag.startswith(_KEPT_TAGS))


def _by_block(program: Program, plan: StagePlan) -> list[tuple[Block, list[Unit]]]:
    """The statements that the notebook runs, by the cell they stand in: the stage's own, and those
    of other cells that it repeats.
    """
    own = [unit.index for unit in program.units if unit.stage == plan.name]
    found: dict[int, tuple[Block, list[Unit]]] = {}
    for index in sorted({*own, *plan.body}):
        unit = program.units[index]
        if unit.stage == plan.name and _is_helper(program, index) and index not in plan.body:
            continue
        found.setdefault(unit.block.cell.number, (unit.block, []))[1].append(unit)
    return list(found.values())


def _is_helper(program: Program, index: int) -> bool:
    return index in program.importable and stands_alone(program, index)


def _cell_lines(program: Program, plan: StagePlan, block: Block, units: list[Unit]) -> Lines:
    """The cell's own lines, IPython's syntax and all, without those of statements that it does not
    run: definitions that are imported. What can't be taken apart so is plain Python.
    """
    if block.stage != plan.name or block.code.requirements:
        return [line for unit in units for line in lines_of(unit.segment)]
    kept = {unit.index for unit in units}
    left_out = [
        unit
        for unit in program.units
        if unit.block.cell.number == block.cell.number and unit.index not in kept
    ]
    if not all(unit.segment.alone for unit in left_out):
        return [line for unit in units for line in lines_of(unit.segment)]
    numbers = block.code.lines
    gone = {
        numbers[row - 1]
        for unit in left_out
        for row in range(unit.segment.first, unit.segment.last + 1)
    }
    lines = block.cell.source.split("\n")
    return _trimmed(
        line.rstrip("\r")
        for number, line in enumerate(lines, start=1)
        if number not in gone and not _is_tag_line(line, number, numbers)
    )


def _is_tag_line(line: str, number: int, numbers: tuple[int, ...]) -> bool:
    """Tag lines are the comments that the plain Python lacks."""
    return line.lstrip().startswith("#|") and number not in numbers


def _trimmed(lines: Iterable[str]) -> Lines:
    found = list(lines)
    while found and not found[0].strip():
        found.pop(0)
    while found and not found[-1].strip():
        found.pop()
    return found


def _opening(program: Program, plan: StagePlan, local: frozenset[str], text: str) -> Lines:
    lines = [_HEAD.format("what the stage takes", plan.notebook), _OURS]
    if plan.safe:
        lines.append("import nbstage.runtime.safe as _safe")
    lines += ["", f"_nbstage.begin({_quoted(plan.workdir)})"]
    imports = _imports(program, plan, local, text)
    constants = [
        line
        for index in plan.constants
        for line in _trimmed(lines_of(program.units[index].segment))
    ]
    loads = [line for artifact in plan.inputs for line in _load(plan, artifact)]
    drawn = [name for artifact in plan.inputs for name in artifact.names if name in RANDOM_NAMES]
    for name in sorted(plan.unset_inputs):
        loads += [f"if {name} is _nbstage.UNSET:", f"    del {name}"]
    loads += [f"_nbstage.set_random_state({RANDOM_NAMES[name]})" for name in drawn]
    parts = [lines, imports, constants, loads]
    return [line for part in parts if part for line in ("", *part)][1:]


def _imports(program: Program, plan: StagePlan, local: frozenset[str], text: str) -> Lines:
    units = [program.units[index] for index in plan.imports]
    others = [unit for unit in units if unit.stage != plan.name]
    names = set(plan.wanted).union(*(free_names(program.units[at].node) for at in plan.constants))
    found = {
        item
        for unit in others
        if not isinstance(unit.node, ast.Try)
        for item in imports_of(unit)
        if item.bound in names
    }
    found |= helper_imports(program, plan.helpers, names)
    found |= {Import("nbstage.runtime", name, name) for name in SHELL if f"{name}(" in text}
    tries = [unit for unit in others if isinstance(unit.node, ast.Try)]
    return [
        *render_imports(found, local),
        *(line for unit in tries for line in ("", *statement_text(unit))),
    ]


def _load(plan: StagePlan, artifact: Artifact) -> Lines:
    names = ", ".join(RANDOM_NAMES.get(name, name) for name in artifact.names)
    return call_lines(f"{names} = {_module(plan)}.load", [_quoted(artifact.path)], "", 0)


def _module(plan: StagePlan) -> str:
    return "_safe" if plan.safe else "_nbstage"


def _closing(plan: StagePlan) -> Lines:
    lines: Lines = []
    saved = {name for artifact in plan.outputs for name in artifact.names}
    for name in sorted(saved & RANDOM_NAMES.keys()):
        # First of all: what follows may draw.
        lines.append(f'{RANDOM_NAMES[name]} = _nbstage.random_state("{RANDOM_SOURCES[name]}")')
    contracts = dict(plan.contracts)
    for artifact in plan.outputs:
        values = [_result(name, plan) for name in artifact.names]
        value = values[0] if len(values) == 1 else f"({', '.join(values)})"
        args = [value, _quoted(artifact.path)]
        if artifact.path in contracts:
            args.append(f"contract={_quoted(contracts[artifact.path])}")
        lines += call_lines(f"{_module(plan)}.save", args, "", 0)
    if plan.metrics:
        lines += _named("save_metrics", plan, plan.metrics, f"metrics/{plan.name}.json")
    tables = tuple(name for name, _ in plan.shown.tables)
    if tables:
        lines += _named("save_tables", plan, tables, f"plots/{plan.name}")
    if plan.shown.possible:
        lines += _named("save_tables", plan, plan.shown.possible, f"plots/{plan.name}/tables")
    if plan.marks_done:
        paths = [f"artifacts/{plan.name}/done.txt", f"pipeline/{plan.name}.py"]
        paths += [f"pipeline/{plan.name}.ipynb", *(one.path for one in plan.inputs), *plan.reads]
        lines += call_lines("_nbstage.mark_done", list(map(_quoted, paths)), "", 0)
    head = _HEAD.format("what the stage hands on", plan.notebook)
    return [head, *lines] if lines else []


def _named(function: str, plan: StagePlan, names: tuple[str, ...], path: str) -> Lines:
    items = ", ".join(f"{_quoted(name)}: {_result(name, plan)}" for name in names)
    return call_lines(f"_nbstage.{function}", [f"{{{items}}}", _quoted(path)], "", 0)


def _result(name: str, plan: StagePlan) -> str:
    plain = RANDOM_NAMES.get(name, name)
    return f'globals().get("{name}", _nbstage.UNSET)' if name in plan.unset_outputs else plain


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def render_entry(plan: StagePlan, header: str) -> str:
    """The text of pipeline/STAGE.py, which DVC runs: it has the notebook run."""
    doc = plan.doc or f"The stage `{plan.name}` of {plan.notebook}."
    quoted = ", ".join(f'"{name}"' for name in plan.parameters)
    section = f', section="{plan.section}"' if plan.section else ""
    args = [_quoted(f"pipeline/{plan.name}.ipynb"), _quoted(executed_path(plan.name))]
    args += [f"params({quoted}{section})"] if plan.parameters else []
    args += [f'figures="plots/{plan.name}/figures"'] if plan.shown.figures else []
    folders = sorted({path.rpartition("/")[0] for path in plan.writes} - {""})
    imports = ["from nbstage.runtime.notebook_run import run_notebook"]
    names = [*(["make_folders"] if folders else []), *(["params"] if plan.parameters else [])]
    if names:
        imports.insert(0, f"from nbstage.runtime import {', '.join(names)}")
    made = call_lines("make_folders", list(map(_quoted, folders)), "", 4) if folders else []
    return "\n".join(
        [
            header,
            f'"""{doc}"""',
            "",
            *imports,
            "",
            "",
            "def main() -> None:",
            '    """Run the stage\'s notebook the way DVC does: files in, files out."""',
            *made,
            *call_lines("run_notebook", args, "", 4),
            "",
            "",
            'if __name__ == "__main__":',
            "    main()",
            "",
        ]
    )


def executed_path(stage: str) -> str:
    """Where a stage's notebook is with its outputs, once it ran."""
    return f"artifacts/{stage}/{stage}.ipynb"
