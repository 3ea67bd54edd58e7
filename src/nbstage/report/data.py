"""The JSON forms. Keys may be added, never renamed; lists have the order of the text form."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TypeAlias

from nbstage.model import Change, Outcome, Parameter, PlannedStage, Problem, Retraced, Shown
from nbstage.report.changes import diff
from nbstage.report.flow import code_files, data_files, edges, readers
from nbstage.report.problems import has_errors, in_order

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"


def as_json(data: Plain) -> str:
    """Return strict JSON in ASCII: nothing in it can upset a terminal or an encoding."""
    return json.dumps(data, indent=2, allow_nan=False)


def outcome_as_data(outcome: Outcome, *, written: bool, diffs: bool = False) -> Plain:
    """Return what convert did or check found; `written`: the changes are on disk."""
    return {
        "ok": not has_errors(outcome.problems),
        "written": written,
        "changes": [_change(change, diffs=diffs) for change in outcome.changes],
        "problems": problems_as_data(outcome.problems),
        "traced": [_retraced(one) for one in outcome.retraced],
    }


def _retraced(one: Retraced) -> Plain:
    return {"notebook": one.notebook, "cells": list(one.cells), "failure": one.failure or None}


def problems_as_data(problems: tuple[Problem, ...]) -> list[Plain]:
    """Return the problems in reading order. Cells and lines count from 1, columns from 0."""
    return [_problem(problem) for problem in in_order(problems)]


def shown_as_data(shown: Shown) -> Plain:
    """Return the stages, what travels between them, the parameters and the problems."""
    pipeline = shown.pipeline
    return {
        "ok": not has_errors(shown.problems),
        "stages": [
            _stage(stage)
            | {
                "code": _texts(code_files(pipeline, stage)),
                "reads": _texts(data_files(pipeline, stage)),
            }
            for stage in pipeline.stages
        ],
        "flow": [
            {"from": edge.source, "to": edge.target, "names": _texts(edge.names)}
            for edge in edges(pipeline.stages)
        ],
        "parameters": [
            _parameter(parameter) | {"stages": _texts(readers(pipeline, parameter.name))}
            for parameter in pipeline.parameters
        ],
        "problems": problems_as_data(shown.problems),
    }


def plain_value(value: object) -> Plain:
    """Return a parameter's value as JSON has it; what JSON lacks (NaN, a date) becomes text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case list() | tuple():
            return [plain_value(item) for item in value]
        case dict():
            return {str(key): plain_value(item) for key, item in value.items()}
        case _:
            return str(value)


def _problem(problem: Problem) -> Plain:
    place = problem.place
    return {
        "code": problem.code,
        "level": problem.level.value,
        "message": problem.message,
        "hint": problem.hint,
        "path": place.path,
        "cell": place.cell,
        "line": place.line,
        "column": place.column,
        "end_column": place.end_column,
        "source": place.source,
    }


def _change(change: Change, *, diffs: bool) -> Plain:
    data: dict[str, Plain] = {"path": change.path, "action": change.action.value}
    return data | {"diff": diff(change)} if diffs else data


def _stage(stage: PlannedStage) -> dict[str, Plain]:
    return {
        "name": stage.name,
        "notebook": stage.notebook,
        "doc": stage.doc,
        "params": _texts(stage.params),
        "takes": [
            {"from": artifact.stage, "names": _texts(artifact.names), "path": artifact.path}
            for artifact in stage.inputs
        ],
        "makes": [
            {"names": _texts(artifact.names), "path": artifact.path} for artifact in stage.outputs
        ],
        "writes": _texts(stage.outs),
        "metrics": _texts(stage.metrics),
        "plots": _texts(plot.path for plot in stage.plots),
        "checks": _texts(stage.checks),
        "executor": stage.executor,
        "resources": dict(stage.resources),
    }


def _parameter(parameter: Parameter) -> dict[str, Plain]:
    return {"name": parameter.name, "value": plain_value(parameter.value)}


def _texts(texts: Iterable[str]) -> list[Plain]:
    return list(texts)
