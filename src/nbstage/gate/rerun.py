"""Stages run again from their inputs, and what they write held against what is committed.

A metrics file and a dvc.lock can be written by hand, so that they agree; the stage that is said to
have written them can't. An edge: works in a copy of the project.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from nbstage.compare.locked import Stage, maker_of
from nbstage.compare.nouns import Comparison, Fate
from nbstage.compare.told.words import count, listed
from nbstage.gate.nouns import Line
from nbstage.page.numbers import duration
from nbstage.policy import Policy
from nbstage.verify.compare import Side, compare, file_items, one_sided
from nbstage.verify.copies import copy_project
from nbstage.verify.nouns import Failed, Finding, Tolerance, Verdict
from nbstage.verify.pipeline_run import prepare_dvc, start_pipeline, stop, times, wait_for
from nbstage.verify.work import folder_for

_LIMIT = "what is committed"
_ONE_SIDED = ("it doesn't write it again", "it writes a file that is not there")
_MOST_LINES = 6
_RUN_CODE = (".gz", ".joblib", ".pickle", ".pkl")


def stages_to_run(policy: Policy, comparison: Comparison) -> tuple[tuple[Stage, ...], list[str]]:
    """The stages that are to run again, and those named in the policy that aren't there.

    Those that write metrics or predictions always do. Beyond them, "changed" is what differs from
    the baseline: what it has was judged when it came in.
    """
    stages = comparison.locked.stages
    names = {stage.name for stage in stages if any(out.kind == "metric" for out in stage.outs)}
    if comparison.predictions is not None:
        names |= {maker_of(comparison.locked, comparison.predictions.path)}
    unknown: list[str] = []
    if isinstance(policy.rerun, tuple):
        unknown = [name for name in policy.rerun if name not in {stage.name for stage in stages}]
        names |= set(policy.rerun)
    elif policy.rerun == "all" or (policy.rerun == "changed" and comparison.baseline.none):
        names |= {stage.name for stage in stages}
    elif policy.rerun == "changed":
        names |= {one.name for one in comparison.stages if one.fate is not Fate.SAME}
    return tuple(stage for stage in stages if stage.name in names), unknown


def judge_rerun(
    root: Path, policy: Policy, comparison: Comparison, say: Callable[[str], None]
) -> Iterator[Line]:
    """A line for each stage that writes something else than is committed, or one for all."""
    stages, unknown = stages_to_run(policy, comparison)
    for name in unknown:
        yield Line(False, f"stage '{name}'", "missing", "a stage", "the policy names it in 'rerun'")
    if not stages:
        return
    with folder_for(None) as folder:
        findings, seconds = _run_again(root, folder, stages, policy.tolerance, say)
    if isinstance(findings, Failed):
        named = f"stage '{findings.stage}'" if findings.stage else findings.who
        why = " / ".join(findings.text.splitlines()[-_MOST_LINES:])
        yield Line(False, f"{named}, run again", "failed", _LIMIT, why)
        return
    wrong = [found for found in findings if found.verdict is not Verdict.EQUAL]
    for found in wrong:
        why = f"{found.detail}. Made by hand, on another machine, or not reproducible"
        what = f"'{found.name}' of stage '{found.stage}', run again"
        yield Line(False, what, found.verdict.value, _LIMIT, why)
    at_their_word = [
        f"'{found.name}'" for found in findings if found.detail and _runs_code(found.name)
    ]
    if at_their_word and not wrong:
        why = (
            f"{listed(at_their_word)}: reading them runs their code, so they may say what they like"
        )
        yield Line(
            None, "other bytes, the same in them", count(len(at_their_word), "file"), _LIMIT, why
        )
    if not wrong:
        names = ", ".join(stage.name for stage in stages)
        equal = f"{count(len(findings), 'file')} equal"
        took = ", ".join(f"{name} took {duration(time)}" for name, time in seconds.items())
        yield Line(True, f"run again: {names}", equal, _LIMIT, took)


def _run_again(
    root: Path,
    folder: Path,
    stages: tuple[Stage, ...],
    tolerance: float,
    say: Callable[[str], None],
) -> tuple[tuple[Finding, ...] | Failed, Mapping[str, float]]:
    """What became of each file, and how many seconds each stage took."""
    say("copying the project")
    copy, own = folder / "project", folder / "dvc"
    own.mkdir()
    copy_project(root, copy, frozenset(places(root, stages)))
    prepare_dvc(copy, own, frozenset(stage.name.partition("@")[0] for stage in stages))
    say(f"running again: {', '.join(stage.name for stage in stages)}")
    run = start_pipeline(copy, folder / "output.txt", os.environ)
    try:
        seconds = times(run)
        failed = wait_for(run)
    finally:
        stop(run)
    if failed:
        return failed, seconds
    say("comparing with what is committed")
    mine, yours = Side(root, frozenset()), Side(copy, frozenset())
    files = tuple(_files(stages, (root, copy)))
    found: list[Finding] = list(one_sided(files, mine, yours, _ONE_SIDED))
    items = tuple(file_items(files, mine, yours))
    # What runs code when it is read could answer for all others: it is read apart from them.
    for apart in (False, True):
        some = tuple(item for item in items if _runs_code(item.names[0]) == apart)
        told = compare(some, Tolerance(tolerance, tolerance), folder, copy, os.environ)
        if isinstance(told, Failed):
            return told, seconds
        if len(told) != len(some):
            return Failed("comparison", "", None, "it ended before all was compared"), seconds
        found += told
    return tuple(found), seconds


def _runs_code(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in _RUN_CODE


def places(root: Path, stages: Iterable[Stage]) -> Iterator[str]:
    """Where the stages' results lie, those in a linked folder by its own name as well: a stage that
    finds its result there may leave it as it is.
    """
    for path in (out.file.path for stage in stages for out in stage.outs):
        yield path
        real = (root / path).parent.resolve() / PurePosixPath(path).name
        if real.is_relative_to(root.resolve()):
            yield real.relative_to(root.resolve()).as_posix()


def _files(stages: Iterable[Stage], roots: tuple[Path, Path]) -> Iterator[tuple[str, str]]:
    """The files that the stages make, on either side, each with its stage. Plots are left out:
    pictures differ by the machine's fonts, and nothing is judged by them.
    """
    for stage in stages:
        for out in stage.outs:
            if out.kind == "plot":
                continue
            inside = {path for root in roots for path in _members(root, out.file.path)}
            yield from ((stage.name, path) for path in sorted(inside))


def _members(root: Path, path: str) -> Iterator[str]:
    """A file itself, or the files in a folder."""
    place = root / path
    if not place.is_dir():
        yield path
        return
    for file in place.rglob("*"):
        if file.is_file():
            yield file.relative_to(root).as_posix()
