"""What git knows of a project. An edge: git is asked, and never told to change a thing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbstage.compare.nouns import Baseline
from nbstage.errors import UserError

_USUAL = ("main", "master")


def find_baseline(root: Path, revision: str | None, main: str = "main") -> Baseline:
    """The commit to compare with: `revision`, else the merge base with the main branch; where HEAD
    is the main branch itself, the commit before it, or HEAD if something is not committed yet.
    `main` is what the settings call that branch.

    Says why there is none on a first run. Raises UserError for a revision that git doesn't know,
    and where the history that would tell is missing.
    """
    if git(root, "rev-parse", "--git-dir") is None:
        _refuse_unreadable(root)
        if revision is not None:
            raise UserError("the project is not under git", "`git init` puts it there.")
        return Baseline(none="the project is not under git")
    if revision is not None:
        return Baseline(_commit(root, revision), f"'{revision}'")
    head = _known(root, "HEAD")
    if not head:
        return Baseline(none="nothing is committed yet")
    for branch, ref in _branches(main):
        if tip := _known(root, ref):
            return _from_main(root, head, branch, tip)
    listed = " or ".join(dict.fromkeys((main, *_USUAL)))
    raise _no_history(root, f"there is no branch {listed}, here or at 'origin'")


def _branches(main: str) -> Iterator[tuple[str, str]]:
    """What the main branch may be, with the full names of these: a tag may be called "origin/main",
    too. What GitHub says a pull request is for comes first: its own files can't change that.
    """
    target = os.environ.get("GITHUB_BASE_REF")
    for name in dict.fromkeys((*([target] if target else ()), main, *_USUAL)):
        yield f"origin/{name}", f"refs/remotes/origin/{name}"
    for name in dict.fromkeys((main, *_USUAL)):
        yield name, f"refs/heads/{name}"
    yield "origin/HEAD", "refs/remotes/origin/HEAD"


def _refuse_unreadable(root: Path) -> None:
    """A repository that git refuses to read, such as another user's, is no first run."""
    if any((folder / ".git").exists() for folder in (root, *root.parents)):
        raise UserError(
            "git can't read the repository that the project is in",
            "`git status` there says why.",
        )


def _from_main(root: Path, head: str, branch: str, tip: str) -> Baseline:
    base = (git(root, "merge-base", head, tip) or "").strip()
    if not base:
        raise _no_history(root, f"HEAD and {branch} have no commit in common")
    if base != head:
        return Baseline(base, f"the merge base with {branch}")
    if is_changed(root):
        return Baseline(head, f"HEAD, which {branch} has: what is compared is not committed yet")
    if tip != head:
        return Baseline(base, f"the merge base with {branch}, which is HEAD itself")
    before = _known(root, "HEAD~1")
    if before:
        return Baseline(before, f"the commit before HEAD, which is {branch} itself")
    if _is_shallow(root):
        raise _no_history(root, "the commit before HEAD is not here")
    return Baseline(none=f"HEAD is the first commit of {branch}")


def _no_history(root: Path, what: str) -> UserError:
    """No first run, but a clone that lacks what is to be compared with."""
    if _is_shallow(root):
        hint = "this clone is shallow: `git fetch --unshallow`, or `fetch-depth: 0` at checkout."
    else:
        hint = "name what to compare with: `--baseline REV`."
    return UserError(f"there is no baseline: {what}", hint)


def _is_shallow(root: Path) -> bool:
    return (git(root, "rev-parse", "--is-shallow-repository") or "").strip() == "true"


def _commit(root: Path, revision: str) -> str:
    found = _known(root, revision)
    if not found:
        raise UserError(
            f"git knows no revision '{revision}'",
            "name a branch, a tag or a commit; `git fetch` brings those of the server.",
        )
    return found


def _known(root: Path, revision: str) -> str:
    if revision.startswith("-"):
        return ""
    told = git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return (told or "").strip()


def describe(root: Path) -> str:
    """HEAD's short name, and whether something is not committed yet."""
    head = (git(root, "rev-parse", "--short=7", "HEAD") or "").strip()
    if not head:
        return "the files as they are"
    return f"{head} with uncommitted changes" if is_changed(root) else head


def is_changed(root: Path) -> bool:
    """Whether a file under git differs from HEAD."""
    return bool(
        (git(root, "status", "--porcelain", "--untracked-files=no", "--", ".") or "").strip()
    )


def not_committed(root: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that differ from what is committed, or are not committed at all."""
    wanted = list(paths)
    if not wanted:
        return ()
    tracked = _listed(git(root, "ls-files", "-z", "--", *map(_literal, wanted)))
    changed = _listed(
        git(root, "diff", "--name-only", "-z", "--relative", "HEAD", "--", *map(_literal, wanted))
    )
    return tuple(path for path in wanted if not _any_in(path, tracked) or _any_in(path, changed))


def ignored(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the files that git is told to leave alone, as DVC tells it of what it keeps."""
    inside = [path for path in paths if "://" not in path and path[:2] != ".."]
    return _listed(git(root, "check-ignore", "-z", "--", *inside)) if inside else frozenset()


def _any_in(path: str, files: frozenset[str]) -> bool:
    """Whether a file, or one in the folder, is among the files."""
    return path in files or any(file.startswith(f"{path}/") for file in files)


def _literal(path: str) -> str:
    return f":(literal){path}"


def _listed(told: str | None) -> frozenset[str]:
    return frozenset(path for path in (told or "").split("\0") if path)


@dataclass(frozen=True, slots=True)
class Tree:
    """A commit's files below a folder: the names of their contents by path. Links are left out."""

    root: Path
    blobs: dict[str, str]


def tree_at(root: Path, commit: str) -> Tree:
    """The files of a commit."""
    blobs: dict[str, str] = {}
    for entry in _listed(git(root, "ls-tree", "-r", "-z", commit)):
        about, _, path = entry.partition("\t")
        mode, _, name = about.split(" ")
        # A commit that somebody crafted may have "../file": git wouldn't check it out either.
        if mode in ("100644", "100755") and ".." not in path.split("/"):
            blobs[path] = name
    return Tree(root, blobs)


def blob(tree: Tree, path: str) -> bytes | None:
    """The content of a file; None if the commit doesn't have it."""
    name = tree.blobs.get(path)
    return None if name is None else _run(tree.root, "cat-file", "blob", name)


def git(root: Path, *command: str) -> str | None:
    """What git prints; None if it fails."""
    told = _run(root, *command)
    return None if told is None else told.decode("utf-8", "surrogateescape")


def _run(root: Path, *command: str) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", *command],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise UserError("git is not installed", "install it, and run this again.") from None
    return done.stdout if done.returncode == 0 else None
