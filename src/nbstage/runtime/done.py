# ruff: noqa: PTH112, PTH118, PTH123 - pathlib would double what importing the runtime takes
"""A file that says that a stage ran, for stages that make no other."""

from __future__ import annotations

import os

from nbstage.runtime.errors import StageError
from nbstage.runtime.places import from_root, write_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def mark_done(path: str, *deps: str) -> None:
    """Write the sha256 over what `deps` (files or folders) hold: it changes when they do."""
    import hashlib

    total = hashlib.sha256()
    for dep in deps:
        for name in _files(dep):
            total.update(_digest(name))
    write_text(path, total.hexdigest() + "\n")


def _files(dep: str) -> Iterator[str]:
    top = from_root(dep)
    if not os.path.isdir(top):
        yield top
        return
    for folder, subfolders, names in os.walk(top):
        subfolders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))


def _digest(name: str) -> bytes:
    import hashlib

    try:
        with open(name, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise StageError(f"'{name}' can't be read: {error.strerror or error}") from None
