"""A version's files, laid out in a folder with the very bytes that they were registered with."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbstage.baseline.cache import cache_of, cached, files_in
from nbstage.baseline.git import Tree, blob, tree_at
from nbstage.compare.locked import Locked, read_locked
from nbstage.errors import UserError
from nbstage.registry.artifacts import artifact_path, text_at
from nbstage.registry.kept import card_path, lineage_path, tracked
from nbstage.registry.nouns import Version
from nbstage.registry.store import bring, md5_of
from nbstage.toml_table import leaves_root

_CHUNK = 1 << 20


def fetch(
    root: Path, version: Version, folder: Path, paths: Collection[str] | None = None
) -> tuple[str, ...]:
    """Lay out files and folders of a version in `folder`; gives the paths of all files written.

    Without `paths`: the released model, its lineage and its card. What DVC keeps is copied from its
    cache, brought from its remote first where need be, and has the hash that the version says.
    Raises UserError that names everything that can't be had; then nothing was written.
    """
    tree = tree_at(root, version.commit)
    wanted = released(tree, version.name) if paths is None else tuple(paths)
    locked = locked_at(tree)
    parts = {path: tuple(_parts(tree, locked, path)) for path in wanted}
    bring(root, [part.hash for found in parts.values() for part in found if part.hash])
    files = {path: tuple(_files(cache_of(root), parts[path])) for path in wanted}
    _refuse_missing(version, files)
    for file in (file for found in files.values() for file in found):
        try:
            _write(tree, file, folder / file.path)
        except OSError as error:
            raise UserError(
                f"'{folder / file.path}' can't be written: {error.strerror}",
                "name an empty folder, or one that is not there yet.",
            ) from None
    return tuple(dict.fromkeys(file.path for found in files.values() for file in found))


def released(tree: Tree, name: str) -> tuple[str, ...]:
    """The files that a version was made for: the model, its lineage, its card."""
    model = artifact_path(text_at(tree, "dvc.yaml"), name)
    kept = [path for path in (lineage_path(name), card_path(name)) if path in tree.blobs]
    return (*([model] if model else []), *kept)


def locked_at(tree: Tree) -> Locked:
    """What dvc.yaml and dvc.lock of a commit say."""
    return read_locked(text_at(tree, "dvc.yaml"), text_at(tree, "dvc.lock"))


@dataclass(frozen=True, slots=True)
class _Part:
    """A file in git, or a file or folder that DVC keeps; with neither, one that can't be had.

    `inside` is what is asked of such a folder, "" for all of it.
    """

    path: str
    in_git: bool = False
    hash: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class _File:
    """A file and where its bytes are: in git, or in DVC's cache under a hash; `why` if nowhere."""

    path: str
    cached: Path | None = None
    hash: str = ""
    why: str = ""


def _parts(tree: Tree, locked: Locked, path: str) -> Iterator[_Part]:
    """Where the files of a path are: in git, in DVC's cache, or both for a folder of both."""
    asked = posixpath.normpath(path)
    if leaves_root(path) or asked == ".":
        yield _Part(path)
        return
    kept = _kept(tree, locked)
    found = [_Part(one, in_git=True) for one in tree.blobs if _within(one, asked)]
    found += [_Part(one, hash=hashed) for one, hashed in kept.items() if _within(one, asked)]
    found += [
        _Part(one, hash=hashed, inside=asked.removeprefix(f"{one}/"))
        for one, hashed in kept.items()
        if asked.startswith(f"{one}/") and hashed.endswith(".dir")
    ]
    yield from found or [_Part(asked)]


def _kept(tree: Tree, locked: Locked) -> dict[str, str]:
    """The paths that DVC keeps in this version, and their hashes."""
    outs = {
        out.file.path: out.file.hash
        for stage in locked.stages
        for out in stage.outs
        if out.cached and out.file.path not in tree.blobs
    }
    return outs | tracked(tree)


def _within(path: str, asked: str) -> bool:
    return path == asked or path.startswith(f"{asked}/")


def _files(cache: Path | None, parts: tuple[_Part, ...]) -> Iterator[_File]:
    for part in parts:
        source = cached(cache, part.hash)
        if part.in_git:
            yield _File(part.path)
        elif not part.hash:
            yield _File(part.path, why="the version has no such file")
        elif source is None:
            yield _File(part.path, why="neither DVC's cache nor its remote has it")
        elif not part.hash.endswith(".dir"):
            yield _genuine(_File(part.path, source, part.hash))
        else:
            yield from _members(cache, part, source)


def _members(cache: Path | None, part: _Part, listing: Path) -> Iterator[_File]:
    """The files of a folder that DVC keeps."""
    checked = _genuine(_File(part.path, listing, part.hash))
    if checked.why:
        yield checked
        return
    asked = [row for row in files_in(listing) if not part.inside or _within(row[0], part.inside)]
    if not asked:
        yield _File(f"{part.path}/{part.inside}", why="the version has no such file")
    for name, hashed in asked:
        path, source = f"{part.path}/{name}", cached(cache, hashed)
        if source is None:
            yield _File(path, why="neither DVC's cache nor its remote has it")
        else:
            yield _genuine(_File(path, source, hashed))


def _genuine(file: _File) -> _File:
    """The file, if its content is what its hash says. All of it is read, however large."""
    if file.cached is None:
        return file
    if md5_of(file.cached) == file.hash.removesuffix(".dir"):
        return file
    return _File(file.path, why="DVC's cache has another content under its hash")


def _refuse_missing(version: Version, files: dict[str, tuple[_File, ...]]) -> None:
    missing = [file for found in files.values() for file in found if file.why]
    if missing:
        listed = "\n".join(f"'{file.path}': {file.why}" for file in missing)
        raise UserError(
            f"{version.name}@{version.version} can't be laid out:\n{listed}",
            "`dvc fetch --all-tags` tells what is wrong with the remote; whoever registered the "
            "version has the files in their cache, and `dvc push --all-tags` shares them.",
        )


def _write(tree: Tree, file: _File, target: Path) -> None:
    """Put a file there, all of it or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.nbstage")
    try:
        with temporary.open("wb") as out:
            if file.cached is None:
                out.write(blob(tree, file.path) or b"")
            else:
                with file.cached.open("rb") as source:
                    while chunk := source.read(_CHUNK):
                        out.write(chunk)
        os.replace(temporary, target)  # noqa: PTH105 - takes the place of a link, too
    finally:
        temporary.unlink(missing_ok=True)
