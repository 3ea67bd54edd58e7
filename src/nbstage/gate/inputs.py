"""What stages take and no stage makes: nothing can make it again. A pure judgement."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.compare.locked import File, Locked, maker_of, makers
from nbstage.compare.stages import is_code
from nbstage.compare.told.words import listed
from nbstage.gate.nouns import Line
from nbstage.policy import Policy


def judge_inputs(policy: Policy, old: Locked, new: Locked) -> Iterator[Line]:
    """Lines on results of the baseline that nothing makes any more, though a stage takes them, and
    on data that is new or another.
    """
    inputs, known = _inputs(new), _inputs(old)
    orphans = {path: maker for path in inputs if (maker := _maker(path, old))}
    met = False if policy.rerun in ("changed", "all") else None
    for path, maker in orphans.items():
        why = f"stage '{maker}' of the baseline made it, and no stage of dvc.yaml makes it now"
        yield Line(met, f"'{path}'", "written by no stage", "written by a stage", why)
    changed = [
        f"'{path}'"
        for path, file in inputs.items()
        if path not in orphans and known.get(path, File("")).hash != file.hash
    ]
    if changed:
        why = f"{listed(changed)}: no stage makes it, so look at it in review"
        yield Line(None, "data", "changed", "the baseline's", why)


def _inputs(locked: Locked) -> dict[str, File]:
    """Data that stages take and no stage makes."""
    deps = {file.path: file for stage in locked.stages for file in stage.deps}
    return {
        path: file for path, file in deps.items() if not is_code(path) and not _maker(path, locked)
    }


def _maker(path: str, locked: Locked) -> str:
    """The stage that makes a file, the folder that it is in, or a file in this folder."""
    inside = (name for out, name in makers(locked).items() if out.startswith(f"{path}/"))
    return maker_of(locked, path) or next(inside, "")
