"""Flow -> for each stage all that its module and its entry in dvc.yaml are made of."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.convert.artifacts import artifacts_of, inputs_of
from nbstage.convert.effects.scope import free_names
from nbstage.convert.file_order import order_by_files
from nbstage.convert.flow import Flow, StageFlow, may_be_unset
from nbstage.convert.paths import from_root, outside
from nbstage.convert.shared import Shared, SharedModule, stands_alone
from nbstage.convert.shown import Shown, shown_by
from nbstage.convert.tagged import tagged_names
from nbstage.convert.units import Program, Unit, defines
from nbstage.model import Artifact, Config

_LONGEST_DOC = 80


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage, all its parts decided. `body` are the units that its function runs, in order,
    `moved` those left out of it.

    `results` are the names the function returns, in the order it makes them; `metrics` and `plots`
    those of its tagged cells, `shown` what of it `dvc plots` shows, and the figures.
    """

    name: str
    notebook: str
    section: str  # of params.yaml, with its parameters; "" for the top
    executor: str | None
    workdir: str
    doc: str
    doc_comment: tuple[str, ...]
    body: tuple[int, ...]
    inlined: frozenset[int]
    imports: tuple[int, ...]
    constants: tuple[int, ...]
    helpers: tuple[SharedModule, ...]
    parameters: tuple[str, ...]
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    wanted: frozenset[str]
    unset_inputs: frozenset[str]
    unset_outputs: frozenset[str]
    results: tuple[str, ...]
    metrics: tuple[str, ...]
    plots: tuple[str, ...]
    shown: Shown
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    after: tuple[str, ...]
    marks_done: bool
    resources: tuple[tuple[str, str], ...]
    safe: bool = False
    contracts: tuple[tuple[str, str], ...] = ()
    predict: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """Where, when and how a stage runs."""

    notebook: str
    workdir: str
    after: tuple[str, ...]
    marks_done: bool
    safe: bool
    section: str


def plan_stages(flow: Flow, shared: Shared, config: Config, notebook: str) -> tuple[StagePlan, ...]:
    """Decide the parts of all stages of a notebook, in its order."""
    workdir = workdir_of(config, notebook)
    artifacts = {name: artifacts_of(flow, stage, config) for name, stage in flow.stages.items()}
    after = order_by_files(flow)
    waited_for = frozenset[str]().union(*after.values())
    section = config.prefixes.get(notebook, "")
    return tuple(
        plan_room(
            flow,
            shared,
            stage,
            artifacts,
            Runs(
                notebook,
                workdir,
                tuple(sorted(after[name])),
                name in waited_for,
                config.safe,
                section,
            ),
        )
        for name, stage in flow.stages.items()
    )


def workdir_of(config: Config, notebook: str) -> str:
    """The folder user code runs in: the notebook's own, unless the project says otherwise."""
    return config.workdir if config.workdir is not None else posixpath.dirname(notebook) or "."


def plan_room(
    flow: Flow,
    shared: Shared,
    stage: StageFlow,
    artifacts: dict[str, tuple[Artifact, ...]],
    runs: Runs,
) -> StagePlan:
    """Decide the parts of one stage, or of one check; `artifacts` are what each stage hands on."""
    program = flow.program
    comment = _doc_comment(program, stage)
    importable = {index for index in (*stage.repeats, *stage.own) if index in program.importable}
    inlined = frozenset(stage.repeats - importable)
    own = [index for index in stage.units if not _moves(program, index)]
    body = tuple(sorted({*own, *inlined}))
    wanted = _wanted(program, body)
    everything = _with_needs(program, shared, wanted)
    metrics, plots = tagged_names(flow, stage, "metrics"), tagged_names(flow, stage, "plots")
    outputs = artifacts.get(stage.name, ())
    results = _results(flow, stage, outputs, (*metrics, *plots))
    reads, writes = files_of(program, stage, runs.workdir)
    labels = [program.units[index].block.label for index in stage.units]
    executor = next((label.executor for label in labels if label.executor), None)
    return StagePlan(
        name=stage.name,
        notebook=runs.notebook,
        section=runs.section,
        executor=executor,
        workdir=runs.workdir,
        doc=doc_of(comment),
        doc_comment=comment,
        body=body,
        inlined=inlined,
        imports=tuple(index for index in everything if _is_import(program.units[index])),
        constants=tuple(index for index in everything if _is_constant(program, stage, index)),
        helpers=_helpers(shared, program, wanted, everything),
        parameters=tuple(sorted(stage.parameters)),
        inputs=inputs_of(stage, artifacts),
        outputs=outputs,
        wanted=wanted,
        unset_inputs=frozenset(
            name for name, found in stage.inputs.items() if name in flow.stages[found.source].unset
        ),
        unset_outputs=frozenset({*stage.unset, *_perhaps(flow, stage, (*metrics, *plots))}),
        results=results,
        metrics=metrics,
        plots=plots,
        shown=shown_by(flow, stage, body, plots),
        reads=reads,
        writes=writes,
        after=runs.after,
        marks_done=runs.marks_done,
        resources=tuple(sorted({pair for label in labels for pair in label.resources})),
        safe=runs.safe,
        predict=any(label.predict for label in labels),
    )


def _doc_comment(program: Program, stage: StageFlow) -> tuple[str, ...]:
    return doc_comment(program.units[stage.units[0]].block.code.text)


def doc_comment(text: str) -> tuple[str, ...]:
    """The comment at the top of a stage's first cell, if it can be the stage's docstring."""
    lines = text.split("\n")
    count = next((number for number, line in enumerate(lines) if not line.startswith("#")), 0)
    text = " ".join(line.lstrip("#").strip() for line in lines[:count]).strip()
    fits = text and len(text) <= _LONGEST_DOC and text[0].isalpha()
    return tuple(lines[:count]) if fits else ()


def doc_of(comment: tuple[str, ...]) -> str:
    """The docstring that such a comment becomes; "" for none."""
    text = " ".join(line.lstrip("#").strip() for line in comment).strip()
    plain = text.replace("\\", "/").replace('"', "'")
    return plain if not plain or plain.endswith((".", "!", "?")) else f"{plain}."


def _moves(program: Program, index: int) -> bool:
    """Whether a stage's own unit leaves its body: imports and shared definitions do, constants
    stay as well.
    """
    return index in program.importable and defines(program.units[index])


def _is_import(unit: Unit) -> bool:
    return isinstance(unit.node, ast.Import | ast.ImportFrom | ast.Try)


def _is_constant(program: Program, stage: StageFlow, index: int) -> bool:
    unit = program.units[index]
    return not _is_import(unit) and not stands_alone(program, index) and unit.home != stage.name


def _wanted(program: Program, body: tuple[int, ...]) -> frozenset[str]:
    """The names that a stage's body takes from outside of it."""
    names: set[str] = set()
    for index in body:
        unit = program.units[index]
        names |= free_names(unit.node) | unit.effects.quoted
    return frozenset(names)


def _with_needs(program: Program, shared: Shared, wanted: frozenset[str]) -> tuple[int, ...]:
    """The importable units that give the wanted names, and (but for shared modules, which bring
    their own) what they need.
    """
    found: set[int] = set()
    todo = [index for name in wanted for index in _givers(program, name)]
    while todo:
        index = todo.pop()
        if index in found:
            continue
        found.add(index)
        if not stands_alone(program, index):
            todo.extend(shared.needs.get(index, ()))
    return tuple(sorted(found))


def _givers(program: Program, name: str) -> tuple[int, ...]:
    """The importable units that bind a name: the first, or all of several `import a.b`."""
    found = [index for index in program.writers.get(name, ()) if index in program.importable]
    return tuple(found) if found and _is_import(program.units[found[0]]) else tuple(found[:1])


def _helpers(
    shared: Shared, program: Program, wanted: frozenset[str], everything: tuple[int, ...]
) -> tuple[SharedModule, ...]:
    names = {
        name
        for index in everything
        if stands_alone(program, index)
        for name in program.units[index].effects.binds
    }
    return tuple(
        sorted(
            {shared.modules[name] for name in names if name in shared.modules},
            key=lambda module: module.name,
        )
    )


def _perhaps(flow: Flow, stage: StageFlow, names: tuple[str, ...]) -> Iterator[str]:
    """The names that may have no value at the stage's end: one bound in an `if`, a deleted one."""
    for name in names:
        maker = flow.program.writer_before(name, stage.units[-1] + 1)
        gone = any(name in flow.program.units[index].effects.deletes for index in stage.units)
        if gone or (maker is not None and may_be_unset(flow, name, maker)):
            yield name


def _results(
    flow: Flow, stage: StageFlow, outputs: tuple[Artifact, ...], shown: tuple[str, ...]
) -> tuple[str, ...]:
    names = {*(name for artifact in outputs for name in artifact.names), *shown}
    return tuple(sorted(names, key=lambda name: (_made_at(flow, stage, name), name)))


def _made_at(flow: Flow, stage: StageFlow, name: str) -> tuple[int, int]:
    own = flow.program.writers_among(name, stage.units)
    if not own:
        return -1, 0
    bound = list(flow.program.units[own[0]].effects.binds)
    return own[0], bound.index(name) if name in bound else -1


def files_of(
    program: Program, stage: StageFlow, workdir: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files a stage surely reads (but for those it wrote before) and surely writes, relative
    to the root.
    """
    reads: dict[str, None] = {}
    writes: dict[str, None] = {}
    for index in sorted({*stage.units, *stage.repeats}):
        for use in program.units[index].effects.files:
            path = from_root(use.path, workdir)
            if use.mode == "r" and path not in writes:
                reads[path] = None
            elif use.mode != "r" and use.surely and not outside(path):
                writes[path] = None
    return tuple(sorted(reads)), tuple(sorted(writes))
