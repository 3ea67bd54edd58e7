"""A tag made and given to `origin`: wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nbstage.registry.nouns import Event, Model, Put, Refused
from nbstage.registry.tags import FORCED
from nbstage.registry.write import (
    REMOTE,
    TagTaken,
    drop_tag,
    fetch_tags,
    has_remote,
    make_tag,
    push_tag,
)


def put_tag(root: Path, tag: str, commit: str, message: str, at: int, how: Put) -> None:
    """Make a tag and give it to `origin` if asked to. Raises Refused where somebody was faster, and
    UserError where git or `origin` refuses; then the tag is nowhere.
    """
    try:
        make_tag(root, tag, commit, message, at, sign=how.sign)
    except TagTaken:
        raise _too_late(tag, "here") from None
    if not how.push:
        return
    try:
        push_tag(root, tag)
    except BaseException as error:  # an interrupt, too
        drop_tag(root, tag)
        if isinstance(error, TagTaken):
            fetch_tags(root)
            raise _too_late(tag, f"at '{REMOTE}'") from None
        raise


def in_step_with_remote(root: Path) -> bool:
    """Bring the tags of `origin`, if there is one; gives whether there is."""
    if not has_remote(root):
        return False
    fetch_tags(root)
    return True


def next_time(events: Iterable[Event], now: float) -> int:
    """Now, but later than all that was done before: GTO goes by the seconds of tags alone."""
    return max([int(now), *(event.at + 1 for event in events)])


def next_count(model: Model) -> int:
    """The number at the end of the next tag that puts a version into a stage."""
    ends = (event.tag.rpartition("#")[2] for event in model.events if "#" in event.tag)
    return max([0, *(int(end) for end in ends if end.isdecimal())]) + 1


def message_of(title: str, reason: str, marks: Iterable[str] = (), forced: str = "") -> str:
    """A tag's message: what was done, why, and lines for programs."""
    lines = [*marks, *([f"{FORCED}{forced}"] if forced else [])]
    parts = (title, " ".join(reason.split()), "\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def _too_late(tag: str, where: str) -> Refused:
    return Refused(
        f"somebody else was faster: '{tag}' is {where} already",
        "nothing was changed. `nbstage models` shows what they did; then decide again.",
    )
