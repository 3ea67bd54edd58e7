"""Pipeline and the existing dvc.yaml -> its new text; what is not ours keeps its bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from nbstage.convert.render.dvc_edits import stage_edits, stage_entries
from nbstage.convert.render.dvc_stage import notebook_of, params_of, wanted_stage
from nbstage.convert.sections import section_of
from nbstage.convert.yaml.blocks import Entry, splice
from nbstage.convert.yaml.edit import in_step
from nbstage.convert.yaml.read import Document, outline, place, read
from nbstage.model import Pipeline, Place, Problem

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

PATH = "dvc.yaml"
Stages = Mapping[str, object]


def render_dvc_yaml(
    pipeline: Pipeline, existing: str | None, notebooks: Collection[str] = ()
) -> str | tuple[Problem, ...]:
    """The new text of dvc.yaml, or all that stands in its way.

    `notebooks` are those converted: their stages that left the pipeline go, all others stay.
    Problems: NBS401 (not readable, or not editable by lines), NBS402 (a stage's name is taken).
    """
    document = read(existing or "", PATH)
    if isinstance(document, Problem):
        return (document,)
    stages = _stages(document)
    if isinstance(stages, Problem):
        return (stages,)
    converted = frozenset(notebooks) | {stage.notebook for stage in pipeline.stages}
    problems = tuple(_clashes(document, stages, pipeline, converted))
    if problems:
        return problems
    return _merge(document, stages, pipeline, converted)


def stage_names(text: str | None) -> frozenset[str]:
    """The names of all stages in a dvc.yaml; none where it can't be read."""
    return frozenset(read_stages(text))


def stages_of(text: str | None) -> dict[str, tuple[str, ...]]:
    """The stages of each notebook that a dvc.yaml names."""
    found: dict[str, tuple[str, ...]] = {}
    for name, stage in read_stages(text).items():
        if (notebook := notebook_of(stage)) is not None:
            found[notebook] = (*found.get(notebook, ()), name)
    return found


def sections_of(text: str | None) -> dict[str, frozenset[str]]:
    """The sections of params.yaml in which the stages of each notebook have their parameters."""
    found: dict[str, frozenset[str]] = {}
    for stage in read_stages(text).values():
        if (notebook := notebook_of(stage)) is not None:
            sections = frozenset(map(section_of, params_of(stage)))
            found[notebook] = found.get(notebook, frozenset()) | sections
    return found


def read_stages(text: str | None) -> Stages:
    """All stages of a dvc.yaml by name; none where it can't be read."""
    document = read(text or "", PATH)
    stages = document if isinstance(document, Problem) else _stages(document)
    return {} if isinstance(stages, Problem) else stages


def _stages(document: Document) -> Stages | Problem:
    data = {} if document.data is None else document.data
    hint = "make dvc.yaml a mapping with a key `stages`, as DVC's documentation shows it."
    if not isinstance(data, dict):
        return Problem("NBS401", f"'{PATH}' is not a mapping", Place(PATH), hint)
    stages = data.get("stages")
    if stages is None:
        return {}
    if not isinstance(stages, dict) or not all(isinstance(name, str) for name in stages):
        return Problem(
            "NBS401", f"'stages' in '{PATH}' is not a mapping of names", Place(PATH), hint
        )
    return stages


def _clashes(
    document: Document, stages: Stages, pipeline: Pipeline, converted: frozenset[str]
) -> list[Problem]:
    taken = {stage.name for stage in pipeline.stages} & stages.keys()
    found = {entry.name: entry for entry in stage_entries(document) or ()}
    return [
        _clash(document, name, notebook_of(stages[name]), found.get(name))
        for name in sorted(taken)
        if notebook_of(stages[name]) not in converted
    ]


def _clash(document: Document, name: str, notebook: str | None, entry: Entry | None) -> Problem:
    where = place(document, entry.first) if entry else Place(PATH)
    if notebook is None:
        message = f"'{PATH}' already has a stage '{name}' that does not come from a notebook"
        hint = f"rename one of the two, or delete the stage '{name}' from {PATH}."
    else:
        message = f"'{PATH}' already has a stage '{name}', made from '{notebook}'"
        hint = (
            f"rename one of the two; if '{notebook}' was renamed, change `notebook:` in {PATH} too."
        )
    return Problem("NBS402", message, where, hint)


def _merge(
    document: Document, stages: Stages, pipeline: Pipeline, converted: frozenset[str]
) -> str | tuple[Problem, ...]:
    wanted = {stage.name: wanted_stage(stage, stages.get(stage.name)) for stage in pipeline.stages}
    gone = {
        name for name in stages if notebook_of(stages[name]) in converted and name not in wanted
    }
    if not gone and all(in_step(stages.get(name), value) for name, value in wanted.items()):
        return document.text
    changes = stage_edits(document, stages, wanted, gone, pipeline.stages)
    if changes is not None:
        text = splice(document, changes)
        if _says(text, document, gone, wanted):
            return text
    return (_not_by_lines(document),)


def _says(text: str, before: Document, gone: Collection[str], wanted: Stages) -> bool:
    """Whether the new text reads as it should: the edits of lines don't know all of YAML's ways."""
    after = read(text, PATH)
    stages = after if isinstance(after, Problem) else _stages(after)
    if isinstance(after, Problem) or isinstance(stages, Problem):
        return False
    foreign_before, foreign_after = (_foreign(one, {*gone, *wanted}) for one in (before, after))
    return (
        stages.keys() & {*gone, *wanted} == wanted.keys()
        and all(in_step(stages[name], value) for name, value in wanted.items())
        and foreign_before == foreign_after
    )


def _foreign(document: Document, ours: Collection[str]) -> list[object]:
    """What the file says apart from our stages."""
    pairs = _pairs(document.root)
    others = [pair for pair in pairs if pair[0].value != "stages"]
    stages = [pair for key, value in pairs if key.value == "stages" for pair in _pairs(value)]
    own = [pair for pair in stages if pair[0].value not in ours]
    return outline([part for pair in [*others, *own] for part in pair])


def _pairs(node: Node | None) -> list[tuple[Node, Node]]:
    value = getattr(node, "value", None)
    return value if isinstance(value, list) else []


def _not_by_lines(document: Document) -> Problem:
    message = f"'{PATH}' is written in a way that can't be changed without touching the rest of it"
    hint = "write each stage, key and item of a list on its own line, without `{}`, `&` and `*`."
    return Problem("NBS401", message, Place(document.path), hint)
