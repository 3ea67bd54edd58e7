"""The stages and what travels between them, drawn as SVG."""

from __future__ import annotations

from nbstage.model import Pipeline
from nbstage.page.layout import Line, Placed, place
from nbstage.page.markup import Html, el
from nbstage.page.nouns import View
from nbstage.page.shapes import (
    definitions,
    file_box,
    file_shape,
    label_shape,
    labelled_line,
    line_shape,
    stage_box,
    stage_shape,
)
from nbstage.report.flow import Edge, data_files, edges, written_files


def drawing(view: View) -> tuple[Html, int]:
    """The picture and its width in pixels. Each stage is a link to its section."""
    files = _sources(view.pipeline)
    key = {one.stage.name: f"s{number}" for number, one in enumerate(view.stages)}
    stages = [stage_box(key[one.stage.name], one) for one in view.stages]
    sources = [file_box(f"f{number}", path) for number, path in enumerate(files)]
    known = [
        edge for edge in edges(view.pipeline.stages) if {edge.source, edge.target} <= key.keys()
    ]
    links = _without_circles(known)
    lines = [labelled_line(key[edge.source], key[edge.target], edge) for edge in links]
    plain = [
        Line(f"f{number}", key[name])
        for number, users in enumerate(files.values())
        for name in users
    ]
    placed = place((*stages, *sources), (*lines, *plain))
    slowest = max((one.seconds or 0.0 for one in view.stages), default=0.0)
    parts = [definitions(), *map(line_shape, placed.lines)]
    for edge, at, line in zip(links, placed.labels, lines, strict=False):
        parts.append(label_shape(edge, at, line.width))
    for path, box in zip(files, sources, strict=True):
        parts.append(file_shape(path, placed.boxes[box.key], box))
    for number, (one, box) in enumerate(zip(view.stages, stages, strict=True), 1):
        parts.append(stage_shape(number, one, placed.boxes[box.key], box, slowest))
    return _svg(view, placed, parts), round(placed.width)


def _without_circles(links: list[Edge]) -> list[Edge]:
    """The edges but for those that close a circle, which is a problem of the notebook's."""
    after: dict[str, set[str]] = {}
    kept = []
    for edge in links:
        reached, waiting = {edge.target}, [edge.target]
        while waiting:
            found = after.get(waiting.pop(), set()) - reached
            reached |= found
            waiting += found
        if edge.source not in reached:
            after.setdefault(edge.source, set()).add(edge.target)
            kept.append(edge)
    return kept


def _svg(view: View, placed: Placed, parts: list[Html]) -> Html:
    what = f"{len(view.stages)} stages and what travels between them, told below in words"
    return el(
        "svg",
        el("title", what),
        *parts,
        view_box=f"0 0 {placed.width:.0f} {placed.height:.0f}",
        width=f"{placed.width:.0f}",
        class_="flow",
        role="group",
        aria_label=what,
    )


def _sources(pipeline: Pipeline) -> dict[str, list[str]]:
    """The files that no stage writes, each with the stages that read it."""
    made = {path for stage in pipeline.stages for path in written_files(stage)}
    found: dict[str, list[str]] = {}
    for stage in pipeline.stages:
        for path in data_files(pipeline, stage):
            if path not in made:
                found.setdefault(path, []).append(stage.name)
    return found
