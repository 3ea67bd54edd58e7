"""A tag made and given to `origin`: wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbstage.errors import UserError
from nbstage.registry.nouns import Event, Model, Put, Refused, Version
from nbstage.registry.tags import FORCED
from nbstage.registry.write import (
    REMOTE,
    TagTaken,
    Unreachable,
    drop_tag,
    fetch_tags,
    has_remote,
    make_tag,
    push_tag,
)

_DAY = 86_400


def put_tag(root: Path, tag: str, version: Version, message: str, at: int, how: Put) -> None:
    """Tag a version's commit and give the tag to `origin` if asked to, with the version's own.

    Raises Refused where somebody was faster, and UserError where git or `origin` refuses; then the
    tag is nowhere.
    """
    try:
        make_tag(root, tag, version.commit, message, at, sign=how.sign)
    except TagTaken:
        raise _too_late(tag, "here") from None
    if not how.push:
        return
    try:
        for one in dict.fromkeys((version.tag, tag)):
            push_tag(root, one)
    except BaseException as error:  # an interrupt, too
        drop_tag(root, tag)
        if isinstance(error, TagTaken):
            fetch_tags(root)
            raise _too_late(tag, f"at '{REMOTE}'") from None
        raise


def how_to_put(root: Path, *, sign: bool, push: bool | None) -> Put:
    """How tags are made here, with those of `origin` brought first, if there is one.

    Raises UserError where it doesn't answer, but for tags that aren't to be pushed.
    """
    if not has_remote(root):
        if push:
            raise UserError(
                f"there is no '{REMOTE}' to push to", f"`git remote add {REMOTE} URL` adds it."
            )
        return Put(sign)
    try:
        fetch_tags(root)
    except Unreachable:
        if push is not False:
            raise
    return Put(sign, push is not False)


def next_time(events: Iterable[Event], now: float) -> int:
    """Now, but later than all that was done before: GTO goes by the seconds of tags alone.

    Raises Refused where that was done tomorrow.
    """
    last = max(events, key=lambda event: event.at, default=None)
    if last is None:
        return int(now)
    if last.at > now + _DAY:
        raise Refused(
            f"the tag '{last.tag}' is dated in the future: nothing could come after it",
            "put right the clock here, or the tag.",
        )
    return max(int(now), last.at + 1)


def next_count(model: Model) -> int:
    """The number at the end of the next tag that puts a version into a stage."""
    ends = (event.tag.rpartition("#")[2] for event in model.events if "#" in event.tag)
    return max([0, *(int(end) for end in ends if end.isdecimal())]) + 1


def message_of(title: str, reason: str, marks: Iterable[str] = (), forced: str = "") -> str:
    """A tag's message: what was done, why, and lines for programs."""
    lines = [*marks, *([f"{FORCED}{forced}"] if forced else [])]
    said = " ".join(reason.split()).replace("Nbstage-", "nbstage-")  # no line for programs
    parts = (title, said, "\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def _too_late(tag: str, where: str) -> Refused:
    return Refused(
        f"somebody else was faster: '{tag}' is {where} already",
        "nothing was changed. `nbstage models` shows what they did; then decide again.",
    )
