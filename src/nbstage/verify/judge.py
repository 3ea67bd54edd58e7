"""Two runs -> what is equal, what differs, and what would differ without the pipeline too."""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace

from nbstage.model import Role
from nbstage.verify.compare import Item, Side, compare, file_items, items_of, one_sided
from nbstage.verify.environment import for_comparing
from nbstage.verify.notebook_run import NotebookRun, run_again
from nbstage.verify.nouns import Failed, Finding, Kind, Verdict, Verified
from nbstage.verify.unseeded import find_unseeded
from nbstage.verify.wanted import stage_of_cells
from nbstage.verify.work import Work, own_paths

_KINDS = list(Kind)
_PIPELINE = ("the pipeline doesn't write it", "only the pipeline writes it")
_AGAIN = ("a second run doesn't write it", "a second run writes it")

Files = tuple[tuple[str, str], ...]


def judge(work: Work, notebook: NotebookRun, pipeline: Side) -> Verified:
    """Compare all that the two runs left behind. Where something differs, the notebook is run once
    more: what it doesn't make twice alike, no pipeline can.
    """
    path = work.converted.notebook.path
    mine = notebook.side
    files, left_out = _files(work, notebook, pipeline)
    items = (*items_of(work.wanted, mine, pipeline), *file_items(files, mine, pipeline))
    work.say("comparing")
    compared = _compare(work, items, pipeline)
    if isinstance(compared, Failed):
        return Verified(path, failure=compared)
    findings = (*compared, *one_sided(files, mine, pipeline, _PIPELINE))
    if any(found.verdict is Verdict.DIFFERS for found in findings):
        findings = _judge_again(work, notebook, pipeline, findings)
    varies = any(found.verdict is Verdict.NOT_REPRODUCIBLE for found in findings)
    unseeded = find_unseeded(work.converted.blocks) if varies else ()
    return Verified(
        path,
        findings=_in_order(work, findings),
        left_out=left_out,
        unseeded=unseeded,
        draws=notebook.draws,
    )


def _compare(work: Work, items: tuple[Item, ...], at: Side) -> tuple[Finding, ...] | Failed:
    notebook = work.converted.notebook.path
    environment = for_comparing(os.environ)
    return compare(items, work.tolerance, work.folder, at.root, environment, notebook)


def _files(work: Work, notebook: NotebookRun, pipeline: Side) -> tuple[Files, tuple[str, ...]]:
    """The files to compare, each with its stage, and those that only cells outside of the pipeline
    wrote.
    """
    own = own_paths(work)
    paths = sorted(
        path
        for path in notebook.side.written | pipeline.written
        if own.isdisjoint((path, posixpath.dirname(path)))
    )
    aside = {
        block.cell.number
        for block in work.converted.blocks
        if block.role in (Role.SKIP, Role.CHECK)
    }
    cells = notebook.writers
    left_out = [
        path
        for path in paths
        if path not in pipeline.written and cells.get(path) and {*cells[path]} <= aside
    ]
    kept = (path for path in paths if path not in left_out)
    return tuple((_stage_of(work, notebook, path), path) for path in kept), tuple(left_out)


def _stage_of(work: Work, notebook: NotebookRun, path: str) -> str:
    """The stage that writes a file, by the plan or by what was seen; "" if that isn't known."""
    for plan in work.converted.plans:
        if any(path == out or path.startswith(f"{out}/") for out in plan.writes):
            return plan.name
    stages = stage_of_cells(work.converted)
    seen = [stages.get(cell, "") for cell in notebook.writers.get(path, ())]
    return next(filter(None, reversed(seen)), "")


def _judge_again(
    work: Work, notebook: NotebookRun, pipeline: Side, findings: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    work.say("something differs: running the notebook once more")
    again = run_again(work)
    if isinstance(again, Failed):
        return findings
    mine, yours = notebook.side, again.side
    differs = {_key(found) for found in findings if found.verdict is Verdict.DIFFERS}
    groups = {(stage, kind) for stage, kind, _ in differs}
    files = tuple(sorted((stage, name) for stage, kind, name in differs if kind is Kind.FILE))
    every = items_of(work.wanted, mine, yours)
    values = (item for item in every if (item.stage, item.kind) in groups)
    items = (*values, *file_items(files, mine, yours))
    compared = _compare(work, items, pipeline)
    if isinstance(compared, Failed):
        return findings
    more = (*compared, *one_sided(files, mine, yours, _AGAIN))
    varying = {_key(found): found.detail for found in more if found.verdict is Verdict.DIFFERS}
    settled = tuple(_settled(found, varying) for found in findings)
    return tuple(_with_origin(work, found, settled) for found in settled)


Key = tuple[str, Kind, str]


def _key(found: Finding) -> Key:
    return found.stage, found.kind, found.name


def _settled(found: Finding, varying: dict[Key, str]) -> Finding:
    if found.verdict is not Verdict.DIFFERS or _key(found) not in varying:
        return found
    detail = f"two runs of the notebook itself: {varying[_key(found)]}"
    return replace(found, verdict=Verdict.NOT_REPRODUCIBLE, detail=detail)


def _with_origin(work: Work, found: Finding, findings: tuple[Finding, ...]) -> Finding:
    """Say of what differs that it may come from something that is not reproducible: two runs of
    the notebook can agree by chance, as on how many numbers are above zero.
    """
    if found.verdict is not Verdict.DIFFERS:
        return found
    origins = _stages_before(work, found.stage)
    names = [
        other.name
        for other in findings
        if other.verdict is Verdict.NOT_REPRODUCIBLE and other.stage in origins
    ]
    if not names:
        return found
    return replace(found, detail=f"{found.detail}; it may come from '{names[0]}'")


def _stages_before(work: Work, stage: str) -> set[str]:
    """The stage, and all those whose values lead to it."""
    takes = {
        plan.name: {artifact.stage for artifact in plan.inputs} for plan in work.converted.plans
    }
    found, todo = set[str](), [stage]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += takes.get(name, ())
    return found


def _in_order(work: Work, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """By stage, then by kind, then by name; what belongs to no known stage at the end."""
    stages = [plan.name for plan in work.converted.plans]
    return tuple(
        sorted(
            findings,
            key=lambda found: (
                stages.index(found.stage) if found.stage in stages else len(stages),
                _KINDS.index(found.kind),
                found.name,
            ),
        )
    )
