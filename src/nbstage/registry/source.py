"""The commit that is registered, laid out: its files, its model, and what that is made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbstage.baseline.git import Tree, blob, tree_at
from nbstage.baseline.lay_out import older_side
from nbstage.compare.files import file_of, shape_of
from nbstage.compare.locked import File, Locked, Stage, makers
from nbstage.compare.metrics import compare_metrics
from nbstage.compare.nouns import Side
from nbstage.compare.stages import is_code
from nbstage.registry.artifacts import text_at
from nbstage.registry.fetch import locked_at
from nbstage.registry.nouns import Refused
from nbstage.registry.store import bring
from nbstage.report.data import Plain, plain_value


@dataclass(frozen=True, slots=True)
class Source:
    """A commit with the model in it. `file` is its entry in dvc.lock, `stages` are those that it
    goes back to, in order.
    """

    commit: str
    tree: Tree
    side: Side
    name: str
    file: File
    stages: tuple[Stage, ...]


def lay_out_source(root: Path, commit: str, name: str, path: str, folder: Path) -> Source:
    """A commit's files, as far as they can be had, with its model, which must be.

    Raises Refused where the commit has no such model.
    """
    tree = tree_at(root, commit)
    locked = locked_at(tree)
    file = _model(tree, locked, path)
    bring(root, [file.hash])
    side = older_side(root, commit, folder, Side("", folder, Locked()))
    for module in (one for one in tree.blobs if one.endswith(".py")):
        target = folder / module
        if not target.exists():  # nothing is written through a link into DVC's cache
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(blob(tree, module) or b"")
    return Source(commit, tree, side, name, file, upstream(locked, path))


def upstream(locked: Locked, path: str) -> tuple[Stage, ...]:
    """The stages that a file goes back to, in the order of dvc.yaml."""
    made = makers(locked)
    known = {stage.name: stage for stage in locked.stages}
    found: set[str] = set()
    left = [name for out, name in made.items() if overlap(out, path)]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            deps = [dep.path for dep in known[name].deps]
            left += [maker for out, maker in made.items() for dep in deps if overlap(out, dep)]
    return tuple(stage for stage in locked.stages if stage.name in found)


def overlap(one: str, other: str) -> bool:
    """Whether two paths are the same, or one is a folder with the other in it."""
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def made_from(source: Source) -> dict[str, Plain]:
    """What the model is made from: stages, code, parameters, and data with rows and columns."""
    made = makers(source.side.locked)
    deps = {dep.path: dep for stage in source.stages for dep in stage.deps}
    data = {
        path: _described(source.side, dep)
        for path, dep in sorted(deps.items())
        if not is_code(path) and not any(overlap(out, path) for out in made)
    }
    params = {key: value for stage in source.stages for key, value in stage.params.items()}
    return {
        "stages": [stage.name for stage in source.stages],
        "commands": {stage.name: plain_value(stage.cmd) for stage in source.stages},
        "code": {path: dep.hash for path, dep in sorted(deps.items()) if is_code(path)},
        "params": {key: plain_value(value) for key, value in sorted(params.items())},
        "data": dict(data),
    }


def metrics_of(source: Source) -> tuple[dict[str, Plain], tuple[str, ...]]:
    """The numbers in each metrics file, and what could not be read."""
    found, notes = compare_metrics(None, source.side, {})
    by_file: dict[str, dict[str, Plain]] = {}
    for one in found:
        by_file.setdefault(one.path, {})[one.name] = plain_value(one.new)
    return dict(by_file), notes


def _model(tree: Tree, locked: Locked, path: str) -> File:
    outs = (out.file for stage in locked.stages for out in stage.outs)
    found = next((file for file in outs if file.path == path), None)
    if path in tree.blobs:
        return File(path)
    if found is not None and found.hash:
        return found
    raise Refused(
        f"the commit has no model: '{path}' is neither in git nor in its dvc.lock",
        "`dvc repro`, commit dvc.lock, then register; or correct the path below `artifacts:` in "
        f"dvc.yaml. Files that it has are {', '.join(_candidates(locked)) or 'none'}.",
    )


def _candidates(locked: Locked) -> Iterator[str]:
    outs = (out for stage in locked.stages for out in stage.outs if out.kind == "out")
    yield from (f"'{out.file.path}'" for out in list(outs)[:8])


def _described(side: Side, dep: File) -> dict[str, Plain]:
    """A file of data: its hash, size, rows and columns, as far as they are known."""
    try:
        rows, columns = shape_of(file_of(side, dep.path), dep.path)
    except (OSError, ValueError):
        rows, columns = None, {}
    return {"md5": dep.hash, "size": dep.size, "rows": rows, "columns": dict(columns)}


def settings_text(source: Source) -> str:
    """The pyproject.toml of the commit."""
    return text_at(source.tree, "pyproject.toml") or ""
