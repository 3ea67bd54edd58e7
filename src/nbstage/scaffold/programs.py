"""`git init` and `dvc init`. An edge."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nbstage.errors import UserError


def init_git(folder: Path) -> None:
    """Make `folder` a git repository. Raises UserError if git is missing or refuses."""
    git = shutil.which("git")
    if git is None:
        raise UserError("git is not installed", "install git, then run `nbstage init` again.")
    _run("git init", [git, "init", "--quiet"], folder)


def init_dvc(folder: Path, *, subfolder: bool) -> None:
    """Set up DVC in `folder`, which may be a subfolder of the repository.

    Raises UserError if DVC is missing from nbstage's environment, or refuses.
    """
    if importlib.util.find_spec("dvc") is None:
        raise UserError(
            "DVC is not installed beside nbstage",
            "`pip install dvc` in the same environment, then run `nbstage init` again.",
        )
    # -P: a dvc.py in the user's folder is not DVC.
    command = [sys.executable, "-P", "-m", "dvc", "init", "--quiet"]
    _run("dvc init", [*command, "--subdir"] if subfolder else command, folder)


def _run(name: str, command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).removeprefix("ERROR: ")
        raise UserError(
            f"`{name}` failed in '{folder}': {said or f'exit code {done.returncode}'}",
            f"run `{name}` there yourself to see what is wrong, then `nbstage init` again.",
        )


def _environment() -> dict[str, str]:
    """Within a git hook these variables point to another repository."""
    elsewhere = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
    kept = {name: value for name, value in os.environ.items() if name not in elsewhere}
    return kept | {"DVC_NO_ANALYTICS": "1"}
