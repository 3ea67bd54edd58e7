"""Whether a tag was signed by somebody who may. An edge: git and ssh-keygen are asked."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from nbstage.baseline.git import git
from nbstage.errors import UserError
from nbstage.registry.nouns import Model

_GOOD = re.compile(r'^Good "git" signature for (\S+) with ', re.MULTILINE)


def verify_signature(root: Path, tag: str, allowed_signers: Path) -> str:
    """Who signed a tag with an SSH key that `allowed_signers` (see `man ssh-keygen`) names.

    Raises UserError where nobody did, and where the signed tag is another one, renamed.
    """
    content = git(root, "cat-file", "tag", f"refs/tags/{tag}")
    if content is None:
        raise UserError(
            f"there is no annotated tag '{tag}'", "`nbstage models` lists the versions."
        )
    if not allowed_signers.is_file():
        raise UserError(
            f"there is no file '{allowed_signers}' that says who may sign",
            "a line of it: ada@example.org ssh-ed25519 AAAA...",
        )
    called = re.search(r"^tag (.*)$", content.partition("\n\n")[0], re.MULTILINE)
    if called is None or called[1] != tag:
        raise UserError(
            f"the tag '{tag}' was made as '{called[1] if called else ''}', and renamed: its "
            "signature is for that",
            "find out who renamed it, and don't use it.",
        )
    good, told = _ask(root, tag, allowed_signers)
    if good is None:
        lines = [line for line in told.splitlines() if line.strip()]
        raise UserError(
            f"nobody who may has signed the tag '{tag}': {lines[0] if lines else 'no signature'}",
            "`nbstage register --sign` and `promote --sign` sign; whose keys count is said in "
            f"'{allowed_signers}'.",
        )
    return good[1]


def unsigned_in(root: Path, model: Model, allowed_signers: Path) -> tuple[str, ...]:
    """What is wrong with the signatures of a model's tags."""
    found = []
    for event in model.events:
        try:
            verify_signature(root, event.tag, allowed_signers)
        except UserError as error:
            found.append(error.message)
    return tuple(found)


def _ask(root: Path, tag: str, allowed_signers: Path) -> tuple[re.Match[str] | None, str]:
    """Who signed, if git knows somebody who may, and what git says."""
    settings = f"gpg.ssh.allowedSignersFile={allowed_signers.resolve()}"
    done = subprocess.run(
        ["git", "-c", settings, "verify-tag", f"refs/tags/{tag}"],
        cwd=root,
        env={**os.environ, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return (_GOOD.search(done.stderr) if done.returncode == 0 else None), done.stderr
