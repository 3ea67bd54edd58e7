"""A module as nbstage last wrote it, from git. An edge."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Set
from pathlib import Path

from nbstage.convert.disk import record

_LATEST = "30"


def written_text(root: Path, path: str, digests: Set[str]) -> str | None:
    """The text with one of the digests, out of git's index or one of the last commits of the file;
    None if git has none.
    """
    git = shutil.which("git")
    if git is None or not digests:
        return None
    for text in _texts(git, root, path):
        if record.digest(text) in digests:
            return text.replace("\r\n", "\n")
    return None


def _texts(git: str, root: Path, path: str) -> Iterator[str]:
    commits = _said(git, root, "log", f"-{_LATEST}", "--format=%H", "--", path).split()
    for revision in ("", *commits):
        yield _said(git, root, "show", f"{revision}:./{path}")


def _said(git: str, root: Path, *arguments: str) -> str:
    """What git says; "" where it refuses."""
    # Within a git hook variables point to another repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [git, *arguments],
        cwd=root,
        env=kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return "" if done.returncode else done.stdout.decode("utf-8", "surrogateescape")
