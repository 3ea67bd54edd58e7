"""DVC's cache: files by their hash. An edge."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterator
from pathlib import Path

_LARGEST = 100_000_000


def cache_of(root: Path) -> Path | None:
    """The folder of DVC's cache, None in a project without DVC. DVC's settings say where it is."""
    folder = root / ".dvc"
    if not folder.is_dir():
        return None
    from dvc.config import Config, ConfigError

    try:
        said = Config(str(folder), validate=False).get("cache", {}).get("dir")
    except (ConfigError, OSError):
        said = None
    return folder / str(said) if said else folder / "cache"


def cached(cache: Path | None, hashed: str) -> Path | None:
    """The file of a hash, None if the cache has none."""
    if cache is None or len(hashed.removesuffix(".dir")) != 32 or not hashed[:32].isalnum():
        return None
    file = cache / "files" / "md5" / hashed[:2] / hashed[2:]
    return file if file.is_file() else None


def is_genuine(file: Path, hashed: str) -> bool:
    """Whether the content is what the hash says. Files too large to be read here are believed."""
    if file.stat().st_size > _LARGEST:
        return True
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return found.hexdigest() == hashed.removesuffix(".dir")


def files_in(listing: Path) -> Iterator[tuple[str, str]]:
    """The paths in a folder and their hashes, out of the file that stands for it."""
    try:
        entries = json.loads(listing.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for entry in entries if isinstance(entries, list) else ():
        path, hashed = str(entry.get("relpath", "")), str(entry.get("md5", ""))
        if path and not posixpath.isabs(path) and ".." not in path.split("/"):
            yield path, hashed
