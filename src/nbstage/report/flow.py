"""What travels between the stages, read off their inputs and files."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.model import Pipeline, PlannedStage


@dataclass(frozen=True, slots=True)
class Edge:
    """Stage `source` hands `names` (variables, or paths of files) to stage `target`."""

    source: str
    target: str
    names: tuple[str, ...]


def edges(stages: tuple[PlannedStage, ...]) -> tuple[Edge, ...]:
    """Return every edge of the pipeline once, in the order of its stages."""
    makers = {path: stage.name for stage in stages for path in written_files(stage)}
    found: dict[tuple[str, str], list[str]] = {}
    for stage in stages:
        for artifact in stage.inputs:
            found.setdefault((artifact.stage, stage.name), []).extend(artifact.names)
        for path in stage.deps:
            maker = makers.get(path)
            if maker is not None and maker != stage.name:
                found.setdefault((maker, stage.name), []).append(path)
    position = {stage.name: number for number, stage in enumerate(stages)}
    ordered = sorted(
        found.items(), key=lambda item: [position.get(name, -1) for name in reversed(item[0])]
    )
    return tuple(
        Edge(source, target, tuple(dict.fromkeys(names))) for (source, target), names in ordered
    )


def written_files(stage: PlannedStage) -> tuple[str, ...]:
    """Return the files a stage writes beside its artifacts."""
    return (*stage.outs, *stage.metrics, *(plot.path for plot in stage.plots))


def code_files(pipeline: Pipeline, stage: PlannedStage) -> tuple[str, ...]:
    """Return the generated modules a stage depends on."""
    modules = {file.path for file in pipeline.modules}
    return tuple(path for path in stage.deps if path in modules or path.startswith("pipeline/"))


def data_files(pipeline: Pipeline, stage: PlannedStage) -> tuple[str, ...]:
    """Return the files a stage depends on that are no code of nbstage's: the data it reads."""
    code = frozenset(code_files(pipeline, stage))
    return tuple(path for path in stage.deps if path not in code)


def readers(pipeline: Pipeline, parameter: str) -> tuple[str, ...]:
    """Return the stages that use a parameter."""
    return tuple(stage.name for stage in pipeline.stages if parameter in stage.params)
