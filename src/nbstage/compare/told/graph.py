"""The stages of dvc.lock as a pipeline that can be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbstage.compare.locked import Locked, Stage
from nbstage.compare.nouns import Comparison, Fate
from nbstage.compare.stages import is_code
from nbstage.model import Pipeline, PlannedStage
from nbstage.report.mermaid import pipeline_as_mermaid

_MOVED = frozenset({Fate.CHANGED, Fate.ADDED, Fate.NOT_RUN})


def as_pipeline(locked: Locked) -> Pipeline:
    """The stages with the data they take and make; code is left out."""
    made = {path: path for stage in locked.stages for path in (out.file.path for out in stage.outs)}
    return Pipeline(tuple(_planned(stage, made) for stage in locked.stages))


def _planned(stage: Stage, made: Mapping[str, str]) -> PlannedStage:
    deps = dict.fromkeys(_made(file.path, made) for file in stage.deps if not is_code(file.path))
    outs = tuple(out.file.path for out in stage.outs)
    return PlannedStage(stage.name, "", "", deps=tuple(deps), outs=outs)


def _made(path: str, made: Mapping[str, str]) -> str:
    """The folder that a stage makes, for a file in it."""
    return next((out for out in made if path.startswith(f"{out}/")), path)


def moved(comparison: Comparison) -> Iterator[str]:
    """The stages that ran again, are new, or are still to run."""
    if not comparison.baseline.none:
        yield from (one.name for one in comparison.stages if one.fate in _MOVED)


def as_mermaid(comparison: Comparison) -> str:
    """The flowchart as GitHub draws it; the stages that moved have a thick edge."""
    names = [stage.name for stage in comparison.locked.stages]
    chart = pipeline_as_mermaid(as_pipeline(comparison.locked))
    ids = [f"s{names.index(name)}" for name in moved(comparison) if name in names]
    if not ids:
        return chart
    return f"{chart}\n    classDef moved stroke-width:4px\n    class {','.join(ids)} moved"
