"""dvc.yaml and dvc.lock of one version -> its stages with what they take and make."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbstage.runtime.yaml12 import read_yaml


@dataclass(frozen=True, slots=True)
class File:
    """A file or folder as dvc.lock knows it. `hash` is "" where no run has recorded it."""

    path: str
    hash: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Out:
    """What a stage makes. `kind` is "out", "metric" or "plot"; what isn't cached is in git."""

    file: File
    kind: str = "out"
    cached: bool = True
    pushed: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage. `params` maps "params.yaml:seed" to its value at the last run, `ran` is false where
    dvc.lock has none.
    """

    name: str
    cmd: object = ""
    deps: tuple[File, ...] = ()
    params: dict[str, object] = field(default_factory=dict)
    outs: tuple[Out, ...] = ()
    frozen: bool = False
    ran: bool = True


@dataclass(frozen=True, slots=True)
class Locked:
    """The stages of a project, metrics files that no stage writes, and what can't be read."""

    stages: tuple[Stage, ...] = ()
    loose_metrics: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def read_locked(pipeline: str | None, lock: str | None) -> Locked:
    """What the texts of dvc.yaml and dvc.lock say; None is a file that isn't there."""
    faults: list[str] = []
    declared = _mapping("dvc.yaml", pipeline, faults)
    recorded = _dict(_mapping("dvc.lock", lock, faults).get("stages"))
    stages: list[Stage] = []
    for name, entry in _dict(declared.get("stages")).items():
        if _dict(entry).keys() & {"foreach", "matrix"}:
            body = _dict(_dict(entry).get("do")) or _dict(entry)
            found = [key for key in recorded if key == name or key.startswith(f"{name}@")]
            stages += [_stage(key, body, _dict(recorded[key])) for key in found]
        else:
            stages.append(_stage(name, _dict(entry), _dict(recorded.get(name))))
    loose = [path for path in _list(declared.get("metrics")) if isinstance(path, str)]
    return Locked(tuple(stages), tuple(map(posixpath.normpath, loose)), tuple(faults))


def metric_files(locked: Locked) -> tuple[str, ...]:
    """The files with metrics, each once."""
    own = [out.file.path for stage in locked.stages for out in stage.outs if out.kind == "metric"]
    return tuple(dict.fromkeys((*own, *locked.loose_metrics)))


def makers(locked: Locked) -> dict[str, str]:
    """The stage that makes each file."""
    return {out.file.path: stage.name for stage in locked.stages for out in stage.outs}


def maker_of(locked: Locked, path: str) -> str:
    """The stage that makes a file or the folder that it is in; "" if there is none."""
    found = (name for out, name in makers(locked).items() if path == out or _is_in(path, out))
    return next(found, "")


def _is_in(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")


def _stage(name: str, entry: dict[str, object], run: dict[str, object]) -> Stage:
    folder = str(entry.get("wdir") or ".")
    taken, made = (
        {file.path: file for file in _files(run.get(key), folder)} for key in ("deps", "outs")
    )
    deps = [path for path, _ in _paths(entry.get("deps"), folder)]
    said = [
        (path, kind, flags)
        for key, kind in (("outs", "out"), ("metrics", "metric"), ("plots", "plot"))
        for path, flags in _paths(entry.get(key), folder)
    ]
    named = {path for path, _, _ in said}
    outs = [
        Out(file, kind, bool(flags.get("cache", True)), bool(flags.get("push", True)))
        for path, kind, flags in said
        for file in _known(path, made, named)
    ]
    return Stage(
        name,
        run.get("cmd", entry.get("cmd", "")),
        tuple(file for path in deps for file in _known(path, taken, {*deps})),
        dict(_params(run.get("params"), folder)),
        tuple({out.file.path: out for out in outs}.values()),
        frozen=bool(entry.get("frozen")),
        ran=bool(run),
    )


def _paths(entries: object, folder: str) -> Iterator[tuple[str, dict[str, object]]]:
    """The paths that a stage names, with what is said of each: `- a.json: {cache: false}`."""
    for entry in _list(entries):
        if isinstance(entry, str):
            yield _path(entry, folder), {}
        elif isinstance(entry, dict):
            for path, said in entry.items():
                yield _path(str(path), folder), _dict(said)


def _files(entries: object, folder: str) -> Iterator[File]:
    for entry in _list(entries):
        said = _dict(entry)
        path, size = said.get("path"), said.get("size")
        if isinstance(path, str):
            hashed = said.get("md5") or said.get("etag") or said.get("checksum") or ""
            yield File(_path(path, folder), str(hashed), size if isinstance(size, int) else None)


def _known(path: str, recorded: dict[str, File], named: set[str]) -> Iterator[File]:
    """The file as it is recorded. A template (`m/${item}.json`) may stand for several, and stands
    for none of those that are `named` as they are.
    """
    if "${" not in path:
        yield recorded.get(path, File(path))
        return
    parts = re.split(r"\$\{.*?\}", path)
    pattern = re.compile(".+".join(map(re.escape, parts)))
    others = (file for name, file in recorded.items() if name not in named)
    yield from (file for file in others if pattern.fullmatch(file.path))


def _params(recorded: object, folder: str) -> Iterator[tuple[str, object]]:
    for path, values in _dict(recorded).items():
        for name, value in _dict(values).items():
            yield f"{_path(path, folder)}:{name}", value


def _path(path: str, folder: str) -> str:
    return path if "://" in path else posixpath.normpath(posixpath.join(folder, path))


def _mapping(name: str, text: str | None, faults: list[str]) -> dict[str, object]:
    try:
        data = read_yaml(text or "")
    except (ValueError, RecursionError) as error:
        faults.append(f"'{name}' is not valid YAML: {error}")
        return {}
    if data is not None and not isinstance(data, dict):
        faults.append(f"'{name}' is no mapping")
    return _dict(data)


def _dict(value: object) -> dict[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
