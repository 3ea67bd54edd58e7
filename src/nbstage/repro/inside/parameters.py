"""Files of parameters, parsed once for all stages and not by each of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: File systems count time in steps of some milliseconds.
_TICK = 100_000_000


def remembering(read: Callable[..., Any]) -> Callable[..., Any]:
    """`read_param_file` that looks for the same keys in the same version of a file once.

    Nobody changes what it gives: DVC compares it and writes it down.
    """
    known: dict[tuple[object, ...], Any] = {}
    whole: dict[tuple[object, ...], dict[str, Any]] = {}

    def read_param_file(
        fs: object, path: str, key_paths: list[str] | None = None, flatten: bool = False
    ) -> Any:
        version = _version(path)
        if version is None:
            return read(fs, path, key_paths, flatten)
        if (path, version) not in whole:
            whole[path, version] = _named(read(fs, path))
        named = whole[path, version]
        if flatten and key_paths and all(key in named for key in key_paths):
            return {key: named[key] for key in key_paths}
        key = (path, version, tuple(key_paths or ()), flatten)
        if key not in known:
            known[key] = read(fs, path, key_paths, flatten)
        found = known[key]
        return dict(found) if isinstance(found, dict) else found

    return read_param_file


def _named(data: object) -> dict[str, Any]:
    """The values that a plain name stands for. dpath, which DVC asks, compares a name with all that
    there is in the file.
    """
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        return {}
    return {key: value for key, value in data.items() if key.isidentifier()}


def parsed_once(load: Callable[..., Any]) -> Callable[..., Any]:
    """`load_path` that parses each version of a file once."""
    known: dict[tuple[object, ...], Any] = {}

    def load_path(path: str, fs: object, **options: object) -> Any:
        version = None if options else _version(path)
        if version is None:
            return load(path, fs, **options)
        if (path, version) not in known:
            known[path, version] = load(path, fs)
        return known[path, version]

    return load_path


def _version(path: str) -> tuple[int, int, int] | None:
    """What tells a file from what it was before; None where it was written too short a time ago
    for its time to tell.
    """
    try:
        seen = Path(path).stat()
    except OSError:
        return None
    if time.time_ns() - seen.st_mtime_ns < _TICK:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size
