"""The pipeline as a Mermaid flowchart, as pages on GitHub and GitLab draw it."""

from __future__ import annotations

import re

from nbstage.model import Pipeline, PlannedStage
from nbstage.report.flow import data_files, edges, written_files
from nbstage.report.plain import clip, make_line

_MOST_NAMES = 4
_MOST_COLUMNS = 60
# Anything but letters, digits and harmless signs; "1." at the start, which Markdown takes for a
# list; and underscores at a word's edge, which it takes for emphasis (`X_train` stays readable).
_SPECIAL = re.compile(
    r"[^\w \-./,:()?!=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|^[-_]|(?<![^\W_])_+|_+(?![^\W_])"
)


def pipeline_as_mermaid(pipeline: Pipeline) -> str:
    """Return the flowchart: stages are boxes, data files drums; arrows say what crosses.

    Nodes have ids of their own ("s0"): a stage may be called `end`, a keyword to Mermaid.
    """
    lines = ["flowchart TD"]
    ids = {stage.name: f"s{number}" for number, stage in enumerate(pipeline.stages)}
    lines += [f'    {ids[stage.name]}["{_box(stage)}"]' for stage in pipeline.stages]
    lines += _sources(pipeline, ids)
    for edge in edges(pipeline.stages):
        if edge.source in ids:
            names = _several(edge.names)
            lines.append(f'    {ids[edge.source]} -->|"{names}"| {ids[edge.target]}')
    return "\n".join(lines)


def _box(stage: PlannedStage) -> str:
    """A stage's name, what it does, and the parameters it turns on."""
    parts = [_text(stage.name), _text(stage.doc)]
    if stage.params:
        parts.append(f"params: {_several(stage.params)}")
    return "<br/>".join(part for part in parts if part)


def _sources(pipeline: Pipeline, ids: dict[str, str]) -> list[str]:
    """The data files that no stage writes, each with an arrow to the stages that read it."""
    made = {path for stage in pipeline.stages for path in written_files(stage)}
    users: dict[str, list[str]] = {}
    for stage in pipeline.stages:
        for path in data_files(pipeline, stage):
            if path not in made:
                users.setdefault(path, []).append(ids[stage.name])
    lines = []
    for number, (path, stages) in enumerate(users.items()):
        lines.append(f'    d{number}[("{_text(path)}")]')
        lines += [f"    d{number} --> {stage}" for stage in stages]
    return lines


def _several(names: tuple[str, ...]) -> str:
    shown = [_text(name) for name in names[:_MOST_NAMES]]
    more = len(names) - len(shown)
    return ", ".join([*shown, f"+{more} more"] if more else shown)


def _text(text: str) -> str:
    """Text for a quoted label: what Mermaid, Markdown or HTML would read as more becomes `#NN;`."""
    line = clip(make_line(text), _MOST_COLUMNS)
    return _SPECIAL.sub(lambda found: "".join(f"#{ord(ch)};" for ch in found.group()), line)
