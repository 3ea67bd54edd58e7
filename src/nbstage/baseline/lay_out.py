"""Both versions of a project as folders with files: the working one, and an older one laid out.

An edge: files. What is laid out from git is a copy; what DVC has is a link into its cache.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbstage.baseline.cache import cache_of, cached, files_in, is_genuine
from nbstage.baseline.git import Tree, blob, describe, tree_at
from nbstage.compare.locked import File, Locked, read_locked
from nbstage.compare.nouns import Side
from nbstage.compare.parameters import parameter_files
from nbstage.compare.stages import files_of
from nbstage.runtime.yaml12 import read_yaml

_NOT_CACHED = "DVC's cache hasn't got it: `--fetch`, or `dvc fetch --all-commits`, brings it"
_NOT_GENUINE = "DVC's cache has another content under its hash: somebody changed it there"
_SETTINGS = ("pyproject.toml", ".dvc/config")


def working_side(root: Path) -> Side:
    """The project as it lies there."""
    texts = (_text(root / name) for name in ("dvc.yaml", "dvc.lock"))
    return Side(describe(root), root, read_locked(*texts), {}, _caches(root))


def older_side(root: Path, commit: str, folder: Path, new: Side) -> Side:
    """A commit's files that a comparison with `new` needs, laid out in `folder`. Nothing is checked
    out; data that is the same in both is left out.
    """
    tree = tree_at(root, commit)
    texts = (blob(tree, name) for name in ("dvc.yaml", "dvc.lock"))
    locked = read_locked(
        *(None if text is None else text.decode("utf-8", "replace") for text in texts)
    )
    caches = _caches(root)
    place = _Place(folder, tree, caches[0] if caches else None)
    bare = Side(commit[:7], folder, locked, {}, caches)
    missing: dict[str, str] = {}
    for file in _wanted(bare, new):
        if posixpath.isabs(file.path) or ".." in file.path.split("/") or "://" in file.path:
            missing[file.path] = "it lies outside of the project"
        elif why := _lay(place, file):
            missing[file.path] = why
    return Side(bare.name, folder, locked, missing, caches)


def _wanted(old: Side, new: Side) -> Iterator[File]:
    """Settings, parameters, and what stages take and make, but for data that `new` has as well."""
    locked: Locked = old.locked
    loose = (*_SETTINGS, *parameter_files(old), *locked.loose_metrics)
    files = {path: File(path) for path in loose}
    for stage in locked.stages:
        # A stage that never ran knows no hash of what it takes, but its maker does.
        files |= {file.path: file for file in stage.deps if file.hash or file.path not in files}
        files |= {out.file.path: out.file for out in stage.outs}
    known = files_of(new)
    made = {out.file.path for stage in locked.stages for out in stage.outs}
    for file in files.values():
        same = known.get(file.path, File("")).hash == file.hash != ""
        if not same or file.path in made:
            yield file


@dataclass(frozen=True, slots=True)
class _Place:
    """Where files go, and where they come from."""

    folder: Path
    tree: Tree
    cache: Path | None


def _lay(place: _Place, file: File) -> str:
    """Put a file or folder where it was; why not, if it could not be found."""
    inside = [file.path, *(path for path in place.tree.blobs if path.startswith(f"{file.path}/"))]
    contents = {path: blob(place.tree, path) for path in inside}
    for path, content in contents.items():
        if content is not None:
            _make(place.folder / path).write_bytes(content)
    if any(content is not None for content in contents.values()):
        return ""
    hashed = file.hash or _imported(place.tree, file.path)
    return _link(place, file.path, hashed) if hashed else "it was not committed"


def _link(place: _Place, path: str, hashed: str) -> str:
    source = cached(place.cache, hashed)
    if source is None:
        return _NOT_CACHED
    if not is_genuine(source, hashed):
        return _NOT_GENUINE
    if not hashed.endswith(".dir"):
        _make(place.folder / path).symlink_to(source)
        return ""
    for name, inner in files_in(source):
        member = cached(place.cache, inner)
        if member is not None and is_genuine(member, inner):
            _make(place.folder / path / name).symlink_to(member)
    return ""


def _imported(tree: Tree, path: str) -> str:
    """The hash in `path`.dvc, where `dvc add` or `dvc import` wrote one."""
    text = blob(tree, f"{path}.dvc")
    try:
        data = read_yaml(text.decode("utf-8", "replace")) if text else None
    except (ValueError, RecursionError):
        return ""
    outs = data.get("outs") if isinstance(data, dict) else None
    first = outs[0] if isinstance(outs, list) and outs else None
    return str(first.get("md5", "")) if isinstance(first, dict) else ""


def _make(file: Path) -> Path:
    """The file's path, its folder made. A link that is there already is taken away."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_symlink():
        file.unlink()
    return file


def _caches(root: Path) -> tuple[Path, ...]:
    cache = cache_of(root)
    return (cache,) if cache else ()


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
