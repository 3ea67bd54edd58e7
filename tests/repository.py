"""A git repository to try things in, that knows nobody's settings."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


def git_environment() -> dict[str, str]:
    """That of Ada, on a machine without any settings."""
    names = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    }
    home = {"HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return {"PATH": os.environ["PATH"], **home, **names}


@dataclass
class Repository:
    """A folder in a git repository, with tags that are a minute apart."""

    root: Path
    minute: int = 0

    def git(self, *command: str, told: str = "", **more: str) -> str:
        """What git prints, run as Ada, and `told` something."""
        return subprocess.run(
            ["git", *command],
            cwd=self.root,
            env=git_environment() | more,
            check=True,
            input=told,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.strip()

    def commit(self, **texts: str) -> None:
        for name, text in texts.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "As it is")

    def tag(self, name: str, at: str = "HEAD", message: str = "told") -> None:
        self.minute += 1
        date = f"{1_700_000_000 + 60 * self.minute} +0000"
        self.git("tag", "-a", name, "-m", message, f"{at}^{{}}", GIT_COMMITTER_DATE=date)

    def cache(self, content: bytes) -> str:
        """Keep something in DVC's cache; gives its hash."""
        hashed = hashlib.md5(content, usedforsecurity=False).hexdigest()
        file = self.root / ".dvc/cache/files/md5" / hashed[:2] / hashed[2:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return hashed


def new_repository(root: Path) -> Repository:
    """A repository with nothing in it."""
    root.mkdir(parents=True)
    made = Repository(root)
    made.git("init", "--quiet", "--initial-branch=main")
    return made
