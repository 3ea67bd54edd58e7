"""The pipeline as text that a stranger reads in one look."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from nbstage.model import Artifact, Pipeline, PlannedStage
from nbstage.report.data import plain_value
from nbstage.report.flow import data_files, edges, readers
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import clip, make_line, pad, width

COLUMNS = 100
_WIDEST_NAME = 20
_WIDEST_PARAMETER = 40
_WIDEST_VALUE = 32
_KEY = 9


def pipeline_as_text(pipeline: Pipeline, paint: Paint = plain) -> str:
    """Return the stages in order with what goes in and out, then the parameters."""
    parts = [_title(pipeline, paint)]
    parts += [
        "\n".join(_stage(number, stage, pipeline, paint))
        for number, stage in enumerate(pipeline.stages, start=1)
    ]
    if pipeline.parameters:
        parts.append("\n".join(_parameters(pipeline, paint)))
    return "\n\n".join(parts)


def _title(pipeline: Pipeline, paint: Paint) -> str:
    notebooks = dict.fromkeys(make_line(stage.notebook) for stage in pipeline.stages)
    counts = [_count(len(pipeline.stages), "stage")]
    if pipeline.parameters:
        counts.append(_count(len(pipeline.parameters), "parameter"))
    name = paint(", ".join(notebooks), "name")
    return f"{name}: {', '.join(counts)}" if notebooks else ", ".join(counts)


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _stage(number: int, stage: PlannedStage, pipeline: Pipeline, paint: Paint) -> Iterator[str]:
    digits = len(str(len(pipeline.stages)))
    names = min(_WIDEST_NAME, max(width(other.name) for other in pipeline.stages))
    margin = digits + 2 + names + 2
    head = pad(clip(make_line(stage.name), COLUMNS // 2), names)
    doc = clip(make_line(stage.doc), COLUMNS - digits - 4 - width(head))
    yield f"{number:>{digits}}  {paint(head, 'name')}  {doc}".rstrip()
    for key, items in _details(stage, pipeline):
        lines = _wrap(items, COLUMNS - margin - _KEY)
        for first, line in zip([key, *[""] * len(lines)], lines, strict=False):
            yield f"{'':{margin}}{paint(f'{first:<{_KEY}}', 'dim')}{line}"


def _details(stage: PlannedStage, pipeline: Pipeline) -> Iterator[tuple[str, list[str]]]:
    """The rows below a stage's name, those without content left out."""
    makers = {
        name: edge.source
        for edge in edges(pipeline.stages)
        if edge.target == stage.name
        for name in edge.names
    }
    users = _users(pipeline)
    reads = [
        f"{path} (from {makers[path]})" if path in makers else path
        for path in data_files(pipeline, stage)
    ]
    rows: tuple[tuple[str, Iterable[str]], ...] = (
        ("reads", reads),
        ("takes", (f"{_names(artifact)} (from {artifact.stage})" for artifact in stage.inputs)),
        ("params", stage.params),
        ("makes", (_made(artifact, users) for artifact in stage.outputs)),
        ("writes", stage.outs),
        ("metrics", stage.metrics),
        ("plots", (plot.path for plot in stage.plots)),
        ("checks", stage.checks),
        ("runs", ["as a notebook"] if stage.executor else []),
        ("needs", (f"{key}={value}" for key, value in stage.resources)),
    )
    for key, items in rows:
        texts = [clip(make_line(item), COLUMNS // 2) for item in items]
        if texts:
            yield key, texts


def _users(pipeline: Pipeline) -> dict[str, list[str]]:
    """The stages that load each artifact, by its path."""
    users: dict[str, list[str]] = {}
    for stage in pipeline.stages:
        for artifact in stage.inputs:
            users.setdefault(artifact.path, []).append(stage.name)
    return users


def _made(artifact: Artifact, users: dict[str, list[str]]) -> str:
    """A value and where it goes. Values that share an object travel in one file: "a + b"."""
    to = users.get(artifact.path)
    return f"{_names(artifact)} (for {', '.join(to)})" if to else _names(artifact)


def _names(artifact: Artifact) -> str:
    return " + ".join(artifact.names)


def _wrap(items: list[str], columns: int) -> list[str]:
    """The items with commas between them, on as many lines as they need."""
    lines: list[str] = []
    for number, item in enumerate(items):
        text = item + ("," if number + 1 < len(items) else "")
        if lines and width(lines[-1]) + 1 + width(text) <= columns:
            lines[-1] += " " + text
        else:
            lines.append(text)
    return lines


def _parameters(pipeline: Pipeline, paint: Paint) -> Iterator[str]:
    rows = [
        (
            clip(make_line(parameter.name), _WIDEST_PARAMETER),
            _value(parameter.value),
            make_line(", ".join(readers(pipeline, parameter.name))),
        )
        for parameter in pipeline.parameters
    ]
    names = max(width(name) for name, _, _ in rows)
    values = max(width(value) for _, value, _ in rows)
    yield paint("parameters", "name")
    for name, value, users in rows:
        left = f"  {pad(name, names)}  {pad(value, values)}  "
        yield left + (clip(users, COLUMNS - width(left)) or paint("used by no stage", "dim"))


def _value(value: object) -> str:
    return clip(make_line(json.dumps(plain_value(value), ensure_ascii=False)), _WIDEST_VALUE)
