"""dvc.yaml -> its stages as far as a path through them is concerned."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbstage.compare.locked import Locked, read_locked
from nbstage.runtime.yaml12 import read_yaml

_RUN_CODE = (".joblib", ".pkl", ".pickle")


@dataclass(frozen=True, slots=True)
class Entry:
    """A stage made from a notebook: the modules, artifacts and other files it depends on, and the
    artifacts it makes. `marked` says whether its cells have the tag `predict`.
    """

    name: str
    modules: tuple[str, ...]
    takes: tuple[str, ...]
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """The stages by name, in order, the models that dvc.yaml declares (`artifacts:`), and tables of
    predictions.
    """

    stages: dict[str, Entry] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    predictions: tuple[str, ...] = ()

    def maker(self, path: str) -> str | None:
        """The stage that makes an artifact."""
        return next((name for name, one in self.stages.items() if path in one.makes), None)

    def before(self, stages: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
        """The stages and all that they come after by their artifacts, in order."""
        found: set[str] = set()
        left = [*stages]
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += filter(None, map(self.maker, self.stages[name].takes))
        return tuple(name for name in self.stages if name in found)


def read_entries(text: str) -> Entries:
    """The stages in the text of a dvc.yaml, as far as they come from notebooks."""
    locked: Locked = read_locked(text, None)
    data = _mapping(_yaml(text))
    said = _mapping(data.get("stages"))
    made = {out.file.path for stage in locked.stages for out in stage.outs if out.kind == "out"}
    stages: dict[str, Entry] = {}
    for stage in locked.stages:
        if stage.cmd != f"python -m pipeline.{stage.name}":
            continue
        deps = [dep.path for dep in stage.deps]
        meta = _mapping(_mapping(said.get(stage.name)).get("meta"))
        stages[stage.name] = Entry(
            stage.name,
            tuple(path for path in deps if path.endswith((".py", ".ipynb"))),
            tuple(path for path in deps if path in made and is_artifact(path)),
            tuple(
                path
                for path in deps
                if not path.endswith((".py", ".ipynb")) and not is_artifact(path)
            ),
            tuple(
                out.file.path
                for out in stage.outs
                if out.kind == "out" and is_artifact(out.file.path)
            ),
            marked=meta.get("predict") is True,
        )
    outs = (out.file.path for stage in locked.stages for out in stage.outs)
    predictions = tuple(sorted(path for path in outs if path.startswith("predictions/")))
    return Entries(stages, dict(_models(data.get("artifacts"))), predictions)


def is_artifact(path: str) -> bool:
    """Whether nbstage stores a value in this file."""
    return path.startswith("artifacts/") and posixpath.basename(path) != "done.txt"


def runs_code(path: str) -> bool:
    """Whether reading the file may run any code."""
    return path.endswith(_RUN_CODE)


def name_of(path: str) -> str:
    """The variable that an artifact holds: "a+b" for several."""
    return posixpath.splitext(posixpath.basename(path))[0]


def _models(declared: object) -> Iterator[tuple[str, str]]:
    for name, said in _mapping(declared).items():
        path = _mapping(said).get("path")
        if isinstance(path, str) and _mapping(said).get("type", "model") == "model":
            yield name, posixpath.normpath(path)


def _yaml(text: str) -> object:
    try:
        return read_yaml(text)
    except (ValueError, RecursionError):
        return None


def _mapping(value: object) -> dict[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}
