"""Run a notebook once and keep what it showed: the facts beside it, and a summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from nbstage.convert.rules import Converted
from nbstage.model import CellFacts, CellKind, Facts, Notebook, Role
from nbstage.notebook.tags import label
from nbstage.trace.facts import keep_figures, read_facts, write_facts
from nbstage.trace.nouns import Seen, Traced
from nbstage.trace.run import run_notebook


def trace_notebook(
    root: Path,
    notebook: Notebook,
    converted: Converted | None,
    *,
    workdir: str,
    parameters: Mapping[str, object],
    timeout: float | None,
    started: Callable[[int, str], None],
) -> Traced:
    """Run the notebook and write its facts, if it comes to its end.

    Without a plan no formats are tried. `started` gets each cell's number and stage.
    """
    before = read_facts(root, notebook.path)
    stages = stages_of(notebook)
    ran = run_notebook(
        root,
        notebook,
        workdir=workdir,
        parameters=parameters,
        formats=_crossing(converted) if converted is not None else {},
        timeout=timeout,
        started=lambda number: started(number, stages[number]),
    )
    facts = keep_figures(Facts(notebook.path, ran.facts), before)
    done = Traced(notebook.path, _seen(stages, facts.cells), facts, planned=converted is not None)
    if ran.failure is not None:
        failed_stage = stages.get(ran.failure.cell, "")
        return replace(done, facts=None, failure=ran.failure, failed_stage=failed_stage)
    return replace(done, changed=write_facts(root, facts))


def stages_of(notebook: Notebook) -> dict[int, str]:
    """The stage of each code cell, by its tags and those before it; "" for none."""
    stage, found = "", {}
    for cell in notebook.cells:
        if cell.kind is CellKind.CODE:
            said, _ = label(cell, notebook.path)
            stage = said.stage or stage
            belongs = said.role in (Role.STAGE, Role.UNTAGGED, Role.CHECK)
            found[cell.number] = stage if belongs else ""
    return found


def _seen(stages: dict[int, str], cells: tuple[CellFacts, ...]) -> tuple[Seen, ...]:
    return tuple(
        Seen(number, stage, facts)
        for (number, stage), facts in zip(stages.items(), cells, strict=False)
    )


def _crossing(converted: Converted) -> dict[int, tuple[str, ...]]:
    """Names that travel alone to a later stage, by the cell that their stage binds or changes them
    in last.
    """
    found: dict[int, list[str]] = {}
    for plan in converted.plans:
        for name in (one.names[0] for one in plan.outputs if len(one.names) == 1):
            if not name.startswith("<"):
                found.setdefault(converted.last_cell(plan.name, (name,)), []).append(name)
    return {number: tuple(sorted(names)) for number, names in found.items()}
