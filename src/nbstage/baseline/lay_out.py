"""Both versions of a project as folders with files: the working one, and an older one laid out.

An edge: files. What is laid out from git is a copy; what DVC has is a link into its cache.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path

from nbstage.baseline.cache import cache_of, cached, files_in
from nbstage.baseline.git import content_at, describe, listed_at
from nbstage.compare.locked import File, Locked, read_locked
from nbstage.compare.nouns import Side
from nbstage.compare.parameters import parameter_files

_NOT_CACHED = "DVC's cache hasn't got it: `dvc fetch --all-commits` brings it"


def working_side(root: Path) -> Side:
    """The project as it lies there."""
    texts = (_text(root / name) for name in ("dvc.yaml", "dvc.lock"))
    return Side(describe(root), root, read_locked(*texts), {}, _caches(root))


def older_side(root: Path, commit: str, folder: Path) -> Side:
    """A commit's files that a comparison needs, laid out in `folder`. Nothing is checked out."""
    texts = (content_at(root, commit, name) for name in ("dvc.yaml", "dvc.lock"))
    locked = read_locked(
        *(None if text is None else text.decode("utf-8", "replace") for text in texts)
    )
    bare = Side(commit[:7], folder, locked)
    caches = _caches(root)
    missing: dict[str, str] = {}
    for file in _wanted(bare):
        if posixpath.isabs(file.path) or ".." in file.path.split("/") or "://" in file.path:
            missing[file.path] = "it lies outside of the project"
        elif not _lay(root, commit, folder, file, caches[0] if caches else None):
            missing[file.path] = _NOT_CACHED if file.hash else "it was not committed"
    return Side(bare.name, folder, locked, missing, caches)


def _wanted(side: Side) -> Iterator[File]:
    """Parameters, and all that stages take and make, each once."""
    locked: Locked = side.locked
    files = {path: File(path) for path in (*parameter_files(side), *locked.loose_metrics)}
    for stage in locked.stages:
        files |= {file.path: file for file in stage.deps}
        files |= {out.file.path: out.file for out in stage.outs}
    yield from files.values()


def _lay(root: Path, commit: str, folder: Path, file: File, cache: Path | None) -> bool:
    """Put a file or folder where it was; whether it could be found."""
    target = folder / file.path
    content = content_at(root, commit, file.path)
    if content is not None:
        _make(target).write_bytes(content)
        return True
    inside = listed_at(root, commit, file.path)
    for path in inside:
        text = content_at(root, commit, path)
        if text is not None:
            _make(folder / path).write_bytes(text)
    return bool(inside) or _link(target, file.hash or _imported(root, commit, file.path), cache)


def _link(target: Path, hashed: str, cache: Path | None) -> bool:
    source = cached(cache, hashed)
    if source is None:
        return False
    if not hashed.endswith(".dir"):
        _make(target).symlink_to(source)
        return True
    for path, inner in files_in(source):
        member = cached(cache, inner)
        if member is not None:
            _make(target / path).symlink_to(member)
    return True


def _imported(root: Path, commit: str, path: str) -> str:
    """The hash in `path`.dvc, where `dvc add` or `dvc import` wrote one."""
    from nbstage.runtime.yaml12 import read_yaml

    text = content_at(root, commit, f"{path}.dvc")
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
