"""A target that is a command of the project's own. An edge."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from nbstage.deploy.nouns import Failed
from nbstage.errors import UserError


def filled(command: Sequence[str], bundle: str, model: str, version: str) -> list[str]:
    """The command's words, each with `{bundle}`, `{model}` and `{version}` in their places."""
    places = {"{bundle}": bundle, "{model}": model, "{version}": version}
    words = []
    for word in command:
        for place, value in places.items():
            word = word.replace(place, value)
        words.append(word)
    return words


def run_template(root: Path, target: str, words: Sequence[str]) -> None:
    """Run a target's command in the project's folder; what it prints is seen. Raises Failed."""
    if shutil.which(words[0]) is None:
        raise UserError(
            f"there is no program '{words[0]}', which the target '{target}' runs",
            "install it, or correct [tool.nbstage.deploy] in pyproject.toml.",
        )
    done = subprocess.run([*words], cwd=root, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Failed(
            f"the command of the target '{target}' ended with exit code {done.returncode}", ""
        )
