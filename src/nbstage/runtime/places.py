# ruff: noqa: PTH103, PTH105, PTH108, PTH109, PTH118, PTH120, PTH123 - pathlib would double
# what importing the runtime takes
"""Folders and files of a stage: the project's root, the notebook's folder, files written whole."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from nbstage.runtime.errors import StageError

TYPE_CHECKING = False  # as typing's, without the 3 ms that importing it takes
if TYPE_CHECKING:
    from collections.abc import Iterator

# The working directory belongs to the process, so what it was before has to as well. The first
# entry is the project's root while user code runs in the notebook's folder.
_left: list[str] = []


@contextmanager
def workdir(folder: str) -> Iterator[None]:
    """Run a block in `folder` (relative to the project's root; made if missing), then come back.

    Within the block the paths given to `load`, `save`, `params` and the like still start at the
    project's root; only the user's own code sees the new working directory.
    """
    target = from_root(folder)
    with writing(folder):
        os.makedirs(target, exist_ok=True)
    _left.append(os.getcwd())
    try:
        os.chdir(target)
        yield
    finally:
        os.chdir(_left.pop())


def enter(folder: str) -> None:
    """Go to `folder` for good, as a notebook's kernel does, with paths as in `workdir`."""
    _left.append(os.getcwd())
    with writing(folder):
        os.makedirs(folder, exist_ok=True)
        os.chdir(folder)


def from_root(path: str | os.PathLike[str]) -> str:
    """The path as this process can open it, whatever the working directory is just now."""
    return os.path.join(_left[0], path) if _left else os.fspath(path)


def make_folders(*paths: str) -> None:
    """Make the folders that the user's code expects to exist."""
    for path in paths:
        with writing(path):
            os.makedirs(from_root(path), exist_ok=True)


@contextmanager
def fresh(path: str | os.PathLike[str]) -> Iterator[str]:
    """A temporary file beside `path` that takes its place when the block ends without an error.

    A crash leaves the old file or the new one, never a part. A link into DVC's cache is replaced
    and not written through.
    """
    target = from_root(path)
    temporary = f"{target}.{os.getpid()}.tmp"
    with writing(path):
        os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
        try:
            yield temporary
            os.replace(temporary, target)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file whole, with Unix line ends on every system.

    A lone surrogate, which UTF-8 can't take, becomes its escape.
    """
    with fresh(path) as temporary, open(temporary, "wb") as file:
        file.write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Tell of a full disk or a read-only folder in one line that names the file."""
    try:
        yield
    except OSError as error:
        raise StageError(
            f"'{os.fspath(path)}' can't be written: {error.strerror or error}"
        ) from None
