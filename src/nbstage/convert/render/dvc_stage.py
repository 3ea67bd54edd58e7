"""PlannedStage -> the data its entry in dvc.yaml is to hold, next to what the user added there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbstage.model import PlannedStage, Plot

# Small files that people compare between revisions belong in git, not in DVC's cache.
IN_GIT = {"cache": False}

# What `dvc plots show` shows as a picture.
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg")


def notebook_of(stage: object) -> str | None:
    """The notebook that a stage of dvc.yaml comes from; None for the user's own stages."""
    meta = stage.get("meta") if isinstance(stage, Mapping) else None
    notebook = meta.get("notebook") if isinstance(meta, Mapping) else None
    return _read(notebook) if isinstance(notebook, str) else None


def params_of(stage: object) -> tuple[str, ...]:
    """The keys of params.yaml that a stage of dvc.yaml depends on."""
    listed = stage.get("params") if isinstance(stage, Mapping) else None
    keys: list[str] = []
    for item in listed if isinstance(listed, list) else ():
        inside = item.get("params.yaml") if isinstance(item, Mapping) else [item]
        keys += [key for key in inside or () if isinstance(key, str)]
    return tuple(keys)


def wanted_stage(stage: PlannedStage, current: object) -> dict[str, object]:
    """All keys that are ours, in DVC's order; None for those that must not be there."""
    held = current if isinstance(current, Mapping) else {}
    artifacts = sorted(artifact.path for artifact in stage.inputs)
    saved = (artifact.path for artifact in stage.outputs)
    pictures = {path for path in stage.outs if path.lower().endswith(_PICTURES)}
    return {
        "desc": _summary(stage.doc),
        "cmd": f"python -m pipeline.{stage.name}",
        "deps": _paths([*_deps(stage), *artifacts]),
        "params": [*sorted(set(stage.params)), *_other_files(held.get("params"))] or None,
        "outs": _paths(sorted({*saved, *stage.outs} - pictures)),
        "metrics": _in_git(stage.metrics),
        "plots": [*map(_plot, stage.plots), *sorted(map(_written, pictures))] or None,
        "meta": {
            "notebook": _written(stage.notebook),
            "predict": True if stage.predict else None,
            "resources": _resources(stage, held),
        },
    }


def _summary(doc: str) -> str | None:
    """The first paragraph on one line."""
    paragraph = doc.strip().partition("\n\n")[0]
    text = " ".join(paragraph.split()).encode("utf-8", "replace").decode("utf-8")
    return _written(text) or None


def _deps(stage: PlannedStage) -> list[str]:
    """The stage's module, then the modules it uses, then data files."""
    own = f"pipeline/{stage.name}.py"

    def rank(path: str) -> tuple[int, str]:
        module = path.startswith("pipeline/") and path.endswith((".py", ".ipynb"))
        return (0 if path == own else 1 if module else 2), path

    return sorted(stage.deps, key=rank)


def _paths(paths: Iterable[str]) -> list[object] | None:
    return [_written(path) for path in dict.fromkeys(paths)] or None


def _in_git(paths: Iterable[str]) -> list[object] | None:
    return [{_written(path): dict(IN_GIT)} for path in sorted(set(paths))] or None


def _plot(plot: Plot) -> object:
    shown = {"x": plot.x, "y": plot.y, "template": plot.template}
    options = {
        **(IN_GIT if plot.in_git else {}),
        **{key: _written(value) for key, value in shown.items() if value},
    }
    return {_written(plot.path): options} if options else _written(plot.path)


def _other_files(params: object) -> list[object]:
    """`- other.yaml: [key]` is the user's: ours are keys of params.yaml, written as plain text."""
    return (
        [item for item in params if isinstance(item, Mapping)] if isinstance(params, list) else []
    )


def _resources(stage: PlannedStage, held: Mapping[object, object]) -> dict[str, object] | None:
    if not stage.resources:
        return None
    meta = held.get("meta")
    before = meta.get("resources") if isinstance(meta, Mapping) else None
    gone = {str(key): None for key in before} if isinstance(before, Mapping) else {}
    return gone | {_written(key): _written(value) for key, value in sorted(stage.resources)}


def _written(text: str) -> str:
    """Text as dvc.yaml has to hold it: DVC fills in `${...}` unless there is a backslash before."""
    return text.replace("${", "\\${")


def _read(text: str) -> str:
    return text.replace("\\${", "${")
