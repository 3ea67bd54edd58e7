"""What a reproduction did, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nbstage.repro.nouns import CUT, Did, Ended

if TYPE_CHECKING:
    from nbstage.report.data import Plain

#: How much of a failed stage's output is shown; all of it is in a file.
_LINES = 60
_WORDS = {
    Did.RAN: "ran",
    Did.RESTORED: "from the run-cache",
    Did.PULLED: "pulled",
    Did.CHECKED: "checked",
    Did.UNCHANGED: "up to date",
    Did.FAILED: "failed",
    Did.SKIPPED: "not run",
}


def line_of(ended: Ended) -> str | None:
    """One line on a stage; None for one with which there was nothing to do."""
    name = f"'{ended.stage}'"
    match ended.did:
        case Did.UNCHANGED:
            return None
        case Did.RAN:
            return f"ran      {name} in {seconds_of(ended.seconds)}"
        case Did.FAILED:
            return f"failed   {name}: {ended.why}"
        case Did.SKIPPED:
            return f"not run  {name}: it {ended.why}, which failed"
        case Did.RESTORED:
            return f"restored {name} from the run-cache"
        case Did.PULLED:
            return f"pulled   {name}"
        case Did.CHECKED:
            return f"checked  {name}"


def output_of(ended: Ended, *, whole: bool) -> str:
    """What a stage printed, or the end of it, indented."""
    lines = ended.output.rstrip().split("\n")
    left_out = 0 if whole else max(0, len(lines) - _LINES)
    before = lines[0] if lines[0].startswith(CUT) else f"({left_out} lines before)"
    head = [before] if left_out else []
    return "\n".join(f"  | {line}" for line in [*head, *lines[left_out:]])


def summary_of(ended: Sequence[Ended], seconds: float) -> str:
    """How many stages came to what."""
    counts = Counter(one.did for one in ended)
    if not ended:
        return "there is no stage to reproduce"
    if set(counts) == {Did.UNCHANGED}:
        return f"all {len(ended)} stages are up to date" if len(ended) > 1 else "it is up to date"
    parts = [f"{counts[did]} {word}" for did, word in _WORDS.items() if counts[did]]
    return f"{', '.join(parts)}, in {seconds_of(seconds)}"


def as_data(ended: Iterable[Ended]) -> list[Plain]:
    """All stages for a machine."""
    return [
        {
            "stage": one.stage,
            "did": one.did.value,
            "seconds": round(one.seconds, 3),
            "warm": one.warm,
            **({"why": one.why} if one.why else {}),
            **({"output": one.output} if one.output else {}),
        }
        for one in ended
    ]


def has_failed(ended: Iterable[Ended]) -> bool:
    """Whether any stage failed."""
    return any(one.did is Did.FAILED for one in ended)


def seconds_of(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
