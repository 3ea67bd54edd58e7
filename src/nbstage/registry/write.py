"""git told to write: objects, tags, and tags at `origin`. An edge; no branch, index or file of the
user's is touched.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from nbstage.baseline.git import git
from nbstage.errors import UserError
from nbstage.registry.tags import folder_in_git, is_model_tag

REMOTE = "origin"
_REJECTED = re.compile(r"^ ! \[rejected\] +(\S+) +-> ", re.MULTILINE)
Env: TypeAlias = Mapping[str, str] | None


class TagTaken(Exception):
    """Somebody else made the tag first."""


class Unreachable(UserError):
    """`origin` doesn't answer."""


def identity(root: Path) -> str:
    """Who git says that the user is: "Ada <ada@example.org>". Raises UserError if nobody."""
    told = _write(root, "var", "GIT_COMMITTER_IDENT")
    return told.rpartition(" ")[0].rpartition(" ")[0]


def commit_beside(
    root: Path, source: str, files: Mapping[str, bytes], message: str, at: int
) -> str:
    """A commit whose parent is `source`, with `files` added to it: its name. Nothing points at it.

    Raises UserError where git refuses.
    """
    folder = folder_in_git(root)
    rows = "".join(
        f"100644 {_blob(root, content)}\t{f'{folder}/{path}' if folder else path}\0"
        for path, content in files.items()
    )
    with tempfile.TemporaryDirectory(prefix="nbstage-index-") as name:
        own = {"GIT_INDEX_FILE": str(Path(name) / "index")}
        _write(root, "read-tree", source, env=own)
        _write(root, "update-index", "-z", "--index-info", text=rows.encode(), env=own)
        tree = _write(root, "write-tree", env=own)
    date = {f"GIT_{who}_DATE": f"{at} +0000" for who in ("AUTHOR", "COMMITTER")}
    return _write(root, "commit-tree", tree, "-p", source, "-m", message, env=date)


def make_tag(root: Path, tag: str, commit: str, message: str, at: int, *, sign: bool) -> None:
    """Make an annotated tag, signed with the user's SSH key if asked to.

    Raises TagTaken where there is one of that name, and UserError where git refuses.
    """
    how = ("-c", "gpg.format=ssh", "tag", "--sign") if sign else ("tag", "--annotate")
    done = _run(
        root,
        *how,
        "--cleanup=verbatim",
        "--file=-",
        "--",
        tag,
        commit,
        text=message.encode(),
        env={"GIT_COMMITTER_DATE": f"{at} +0000"},
    )
    if done.returncode == 0:
        return
    if _known(root, tag):
        raise TagTaken(tag)
    if sign:
        raise UserError(
            f"the tag can't be signed: {_said(done)}",
            "`git config user.signingkey ~/.ssh/id_ed25519.pub` names your SSH key.",
        )
    raise _refusal(done)


def drop_tag(root: Path, tag: str) -> None:
    """Take a local tag away, where there is one."""
    if _known(root, tag):
        _write(root, "update-ref", "-d", f"refs/tags/{tag}", _known(root, tag))


def push_tag(root: Path, tag: str) -> None:
    """Give a tag to `origin`, which takes it only if it has none of that name.

    Raises TagTaken where it has, and UserError where it can't be reached or refuses.
    """
    alone = ("--quiet", "--no-follow-tags")
    done = _run(root, "push", *alone, REMOTE, f"refs/tags/{tag}:refs/tags/{tag}")
    if done.returncode == 0:
        return
    there = (git(root, "ls-remote", REMOTE, f"refs/tags/{tag}") or "").partition("\t")[0]
    if there == _known(root, tag):
        return  # the answer was lost on its way
    if there:
        raise TagTaken(tag)
    raise UserError(
        f"'{REMOTE}' doesn't take the tag '{tag}': {_said(done)}",
        "nothing was changed here; `--no-push` keeps the tag on this machine.",
    )


def has_remote(root: Path) -> bool:
    """Whether there is an `origin`."""
    return REMOTE in (git(root, "remote") or "").split()


def is_on_a_branch(root: Path, commit: str) -> bool:
    """Whether a branch of `origin`, as it was last seen, has a commit."""
    told = git(root, "for-each-ref", "--count=1", f"--contains={commit}", f"refs/remotes/{REMOTE}")
    return bool(told)


def fetch_tags(root: Path) -> None:
    """Bring the tags of `origin`. Raises Unreachable where it doesn't answer, and UserError where
    it has another tag of a model's, by a name that is known here.
    """
    # Whatever the user's settings are: pruning would take away what was not pushed yet.
    alone = ("--no-tags", "--no-prune", "--no-recurse-submodules")
    done = _run(root, "fetch", *alone, REMOTE, "refs/tags/*:refs/tags/*")
    if done.returncode == 0:
        return
    rejected = _REJECTED.findall(done.stderr.decode("utf-8", "replace"))
    ours = [tag for tag in rejected if is_model_tag(tag)]
    if ours:
        raise UserError(
            f"'{REMOTE}' has another tag of a name that is known here: {', '.join(ours)}",
            "find out which is right; `git tag -d TAG` and `git fetch --tags` take theirs.",
        )
    if rejected:
        return  # tags of other things, which people do move
    raise Unreachable(
        f"the tags of '{REMOTE}' can't be read, and without them a version might be given twice: "
        f"{_said(done)}",
        "`git fetch --tags` tells more.",
    )


def _blob(root: Path, content: bytes) -> str:
    return _write(root, "hash-object", "-w", "--stdin", text=content)


def _known(root: Path, tag: str) -> str:
    told = git(root, "rev-parse", "--verify", "--quiet", f"refs/tags/{tag}")
    return (told or "").strip()


def _write(root: Path, *command: str, text: bytes = b"", env: Env = None) -> str:
    done = _run(root, *command, text=text, env=env)
    if done.returncode != 0:
        raise _refusal(done)
    return done.stdout.decode().strip()


def _run(
    root: Path,
    *command: str,
    text: bytes = b"",
    env: Env = None,
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *command],
        cwd=root,
        env={**os.environ, "LC_ALL": "C", **(env or {})},
        input=text,
        capture_output=True,
        check=False,
    )


def _refusal(done: subprocess.CompletedProcess[bytes]) -> UserError:
    return UserError(f"git refuses: {_said(done)}", "mend that, then run this again.")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").splitlines()
    told = [line for line in lines if line.strip() and not line.startswith("hint:")]
    return " / ".join(told[:4]) or f"exit code {done.returncode}"
