"""Is what is judged what was committed, what the stages made, and what others can have?

An edge: asks git and DVC. `dvc data status` exits with 0 whatever it finds, so its answer is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from nbstage.baseline.git import git, ignored, not_committed
from nbstage.compare.locked import Locked, maker_of
from nbstage.compare.nouns import Side
from nbstage.compare.parameters import parameter_files
from nbstage.compare.stages import is_code
from nbstage.compare.told.words import count, listed
from nbstage.gate.nouns import Line

_STEP = "in step with dvc.lock"
_REMOTE = "in the DVC remote"


def judge_standing(root: Path, side: Side) -> Iterator[Line]:
    """Lines on dvc.yaml and dvc.lock: that they can be read, and no stage is stale or frozen."""
    locked = side.locked
    for fault in locked.faults:
        yield Line(False, "pipeline", "can't be read", "valid", fault)
    if not locked.stages:
        yield Line(False, "pipeline", "no stages", "stages", "dvc.yaml has none: nothing made it")
        return
    frozen = [stage.name for stage in locked.stages if stage.frozen]
    if frozen:
        why = f"{listed(frozen)}: DVC doesn't look at what they depend on; take `frozen` away"
        yield Line(False, "frozen stages", str(len(frozen)), "none", why)
    stale = list(_stale(root, locked))
    yield from stale
    if not stale:
        yield Line(True, "stages", f"{len(locked.stages)} up to date", _STEP)


def _stale(root: Path, locked: Locked) -> Iterator[Line]:
    """A line for each stage whose files, code or parameters are not those of its last run."""
    told, error = _ask(root, "status", "--json")
    if told is None:
        yield Line(False, "dvc status", "failed", "an answer", error)
        return
    for name, found in told.items():
        reasons = list(_reasons(found))
        if reasons:
            hint = "`dvc repro`, or `dvc pull` for what was not fetched"
            yield Line(False, f"stage '{name}'", "stale", _STEP, f"{listed(reasons)}. {hint}")
    for stage in locked.stages:
        if not stage.ran and stage.name not in told:
            why = "dvc.lock doesn't have it: `dvc repro`"
            yield Line(False, f"stage '{stage.name}'", "never run", _STEP, why)


def _reasons(found: object) -> Iterator[str]:
    """Such as "changed outs: 'metrics.json' modified". A stage that always runs is not stale."""
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, str) and entry != "always changed":
            yield entry
        elif isinstance(entry, dict):
            for kind, paths in entry.items():
                items = paths.items() if isinstance(paths, dict) else [(paths, "")]
                yield from (f"{kind}: {_detail(path, how)}" for path, how in items)


def _detail(path: object, how: object) -> str:
    if isinstance(how, dict):
        return f"'{path}': " + ", ".join(f"{name} {said}" for name, said in how.items())
    return f"'{path}' {how}".rstrip()


def judge_committed(root: Path, side: Side) -> Line:
    """Whether what is judged is what git has: else something else is merged than was judged."""
    if git(root, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return Line(False, "committed", "nothing", "all", "the project has no commit yet")
    wanted = [path for path in _in_git(root, side) if "://" not in path and path[:2] != ".."]
    open_ = not_committed(root, wanted)
    limit = "what is judged is what is merged"
    if open_:
        why = f"{listed([repr(path) for path in open_])}. `git add` and `git commit`"
        return Line(False, "not committed", count(len(open_), "file"), limit, why)
    return Line(True, "committed", count(len(wanted), "file"), limit)


def _in_git(root: Path, side: Side) -> list[str]:
    """The files that git has to have: the pipeline, its code, data and parameters, and the results
    that DVC doesn't keep.
    """
    stages = side.locked.stages
    outs = [out.file.path for stage in stages for out in stage.outs if not out.cached]
    deps = dict.fromkeys(file.path for stage in stages for file in stage.deps)
    given = [path for path in deps if not maker_of(side.locked, path)]
    pointers = [pointer for path in given if (pointer := _pointer(root, path))]
    loose = [path for path in given if not _pointer(root, path)]
    left_out = ignored(root, [path for path in loose if not is_code(path)])
    settings = [
        path for path in (*parameter_files(side), "pyproject.toml") if (root / path).is_file()
    ]
    taken = (path for path in loose if path not in left_out)
    return list(dict.fromkeys(("dvc.yaml", "dvc.lock", *settings, *taken, *pointers, *outs)))


def _pointer(root: Path, path: str) -> str:
    """What stands in git for a file that DVC keeps, by itself or with its folder; "" if nothing."""
    above = (path, *(str(folder) for folder in PurePosixPath(path).parents))
    return next(
        (f"{one}.dvc" for one in above if one != "." and (root / f"{one}.dvc").is_file()), ""
    )


def judge_remote(root: Path, side: Side, asked: tuple[str, ...] | None) -> Iterator[Line]:
    """Whether what DVC keeps is in the remote, for the others who will need it: all of it, or the
    files and folders that are asked for.
    """
    outs = [out for stage in side.locked.stages for out in stage.outs]
    kept = [out for out in outs if out.cached and _asked_for(out.file.path, asked)]
    for path in asked or ():
        lies_in = any(out.cached and _asked_for(path, (out.file.path,)) for out in outs)
        holds = any(_asked_for(out.file.path, (path,)) for out in kept)
        if not (lies_in or holds or (root / f"{path}.dvc").is_file()):
            why = "the policy names it in 'remote', and DVC doesn't keep it"
            yield Line(False, f"'{path}'", "missing", _REMOTE, why)
    held_back = [out.file.path for out in kept if not out.pushed]
    if held_back:
        why = f"{listed([repr(path) for path in held_back])}: `push: false` keeps them out of it"
        yield Line(False, "never pushed", count(len(held_back), "file"), _REMOTE, why)
    told, error = _ask(root, "data", "status", "--not-in-remote", "--json")
    if told is None:
        yield Line(False, "remote", "no answer", _REMOTE, error)
        return
    found = told.get("not_in_remote")
    absent = [str(path) for path in found] if isinstance(found, list) else []
    absent = [path for path in absent if _asked_for(path, asked)]
    if absent:
        hint = "`dvc push`; `dvc remote add --default` first, if there is no remote"
        why = f"{listed([repr(path) for path in absent])}. {hint}"
        yield Line(False, "not pushed", count(len(absent), "file"), _REMOTE, why)
    elif not held_back:
        yield Line(True, "pushed", count(len(kept), "result"), _REMOTE)


def _asked_for(path: str, asked: tuple[str, ...] | None) -> bool:
    """Whether a path is one of those asked for, or lies in one of them. None asks for all."""
    inside = PurePosixPath(path)
    return asked is None or any(inside.is_relative_to(PurePosixPath(one)) for one in asked)


def _ask(root: Path, *command: str) -> tuple[dict[str, object] | None, str]:
    """What DVC answers as JSON; None and its last words if it fails."""
    done = subprocess.run(
        # -P: a module of the project called as one of DVC's is not taken for it.
        [sys.executable, "-P", "-m", "dvc", *command],
        cwd=root,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    if done.returncode:
        return None, (errors or [f"exit code {done.returncode}"])[-1].removeprefix("ERROR: ")
    try:
        answer = json.loads(done.stdout or "{}")
    except ValueError:
        return None, "its answer is no JSON"
    return (answer, "") if isinstance(answer, dict) else (None, "its answer is no mapping")
