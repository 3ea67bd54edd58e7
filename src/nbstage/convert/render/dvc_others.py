"""The stages of dvc.yaml that a conversion leaves alone, as far as their paths are plain text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping

from nbstage.convert.render.dvc_stage import notebook_of, params_of
from nbstage.convert.render.dvc_yaml import read_stages
from nbstage.model import PlannedStage

_FILLED_IN = re.compile(r"(?<!\\)\$\{\s*([\w.]+)")


def other_stages(text: str | None, notebooks: Collection[str]) -> tuple[PlannedStage, ...]:
    """The stages of a dvc.yaml that come from none of these notebooks: from others, or (with no
    notebook) the user's own.
    """
    return tuple(
        _as_planned(name, stage)
        for name, stage in read_stages(text).items()
        if notebook_of(stage) not in notebooks and isinstance(stage, Mapping)
    )


def keys_in_use(text: str | None, stages: Collection[PlannedStage]) -> frozenset[str]:
    """The keys of params.yaml that stages which stay depend on, and those that `${...}` names
    anywhere in dvc.yaml.
    """
    named = {key for stage in stages for key in stage.params} | {*_FILLED_IN.findall(text or "")}
    return frozenset(named)


def _as_planned(name: str, stage: Mapping[object, object]) -> PlannedStage:
    return PlannedStage(
        name=name,
        notebook=notebook_of(stage) or "",
        doc="",
        deps=tuple(_paths(stage, "deps")),
        params=params_of(stage),
        outs=tuple(path for key in ("outs", "metrics", "plots") for path in _paths(stage, key)),
    )


def _paths(stage: Mapping[object, object], key: str) -> Iterator[str]:
    """The paths under a key, from the project's root, but for those with `${...}` in them."""
    folder = stage.get("wdir", ".")
    items = stage.get(key)
    for item in items if isinstance(items, list) else ():
        path = next(iter(item), None) if isinstance(item, Mapping) else item
        if isinstance(path, str) and isinstance(folder, str) and not _is_template(path + folder):
            yield posixpath.normpath(posixpath.join(folder, path.replace("\\${", "${")))


def _is_template(text: str) -> bool:
    return "${" in text.replace("\\${", "")
