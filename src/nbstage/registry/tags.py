"""git's tags -> the events that they record, in order. An edge: git is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nbstage.baseline.git import git
from nbstage.errors import UserError
from nbstage.registry.nouns import Did, Event

#: The line of a tag's message that tells a rollback from a promotion.
ROLLBACK = "Nbstage-Action: rollback"
#: Begins the line of a tag's message with a check that was passed over.
FORCED = "Nbstage-Forced: "
_LATEST = 253_402_300_799  # the end of the year 9999
_FIELDS = (
    "refname:strip=2",
    "objecttype",
    "*objecttype",
    "*objectname",
    "taggerdate:unix",
    "taggername",
    "taggeremail",
    "contents",
    "contents:signature",
    "tag",
)


def read_events(root: Path) -> tuple[Event, ...]:
    """What the tags of the project's models record, oldest first. Other tags are left out.

    Raises UserError in a folder without git.
    """
    told = git(root, "for-each-ref", f"--format={_format()}", "refs/tags")
    if told is None:
        raise UserError("the project is not under git", "`git init` puts it there.")
    folder = folder_in_git(root)
    found = [event for row in _rows(told) for event in _event(row, folder)]
    found.sort(key=lambda event: (event.at, _count(event.tag), event.tag))
    newest = reversed([event for event in found if event.did is Did.REGISTERED])
    versions = {event.commit: event.version for event in newest}  # of several, the first
    return tuple(_with_version(event, versions) for event in found)


def is_model_tag(tag: str) -> bool:
    """Whether GTO takes a tag for one of its own."""
    from gto.tag import parse_name

    return bool(parse_name(tag, raise_on_fail=False))


def folder_in_git(root: Path) -> str:
    """The project's folder below that of git: "" or "sub/folder". GTO names its models by it."""
    return (git(root, "rev-parse", "--show-prefix") or "").strip("\n").rstrip("/")


def tag_of(folder: str, model: str, ending: str) -> str:
    """The name of a model's tag: "model@v1.0.0", "sub/folder=model#prod#1"."""
    return f"{folder}={model}{ending}" if folder else f"{model}{ending}"


def reason_of(event: Event) -> str:
    """What somebody said of why it was done; "" if nothing."""
    parts = event.message.split("\n\n")
    return parts[1] if len(parts) > 1 and not parts[1].startswith("Nbstage-") else ""


def _format() -> str:
    return "%00".join(f"%({name})" for name in _FIELDS) + "%00"


def _rows(told: str) -> Iterator[list[str]]:
    """The fields of each tag. A message may hold lines, but no NUL."""
    fields = told.split("\0")
    for first in range(0, len(fields) - 1, len(_FIELDS)):
        row = fields[first : first + len(_FIELDS)]
        yield [row[0].removeprefix("\n"), *row[1:]]


def _event(row: list[str], folder: str) -> Iterator[Event]:
    """The event of an annotated tag that GTO would read, and that is of this project."""
    from gto.tag import parse_name

    tag, kind, target_kind, commit, at, who, mail, contents, signature, called = row
    parsed = parse_name(tag, raise_on_fail=False)
    prefix = f"{folder}:" if folder else ""
    name = str(parsed.get("name", ""))
    if kind != "tag" or target_kind != "commit" or not name.startswith(prefix):
        return
    name = name.removeprefix(prefix)
    lines = contents.removesuffix(signature).strip().splitlines()
    did = _did(parsed.get("action"), lines)
    if did is None or ":" in name:
        return
    yield Event(
        tag=tag,
        did=did,
        model=name,
        version=str(parsed.get("version", "")),
        stage=str(parsed.get("stage", "")),
        commit=commit,
        at=min(int(at or 0), _LATEST),
        who=f"{who} {mail}".strip(),
        message="\n".join(lines),
        forced=tuple(line.removeprefix(FORCED) for line in lines if line.startswith(FORCED)),
        signed=bool(signature),
        called=called,
    )


def _did(action: object, lines: list[str]) -> Did | None:
    """What GTO's action is here; None for those that we have no use for."""
    from gto.constants import Action

    known = {
        Action.REGISTER: Did.REGISTERED,
        Action.DEREGISTER: Did.WITHDRAWN,
        Action.ASSIGN: Did.ROLLED_BACK if ROLLBACK in lines else Did.PROMOTED,
        Action.UNASSIGN: Did.TAKEN_OUT,
    }
    return known.get(action) if isinstance(action, Action) else None


def _count(tag: str) -> int:
    """The number at a tag's end, which GTO counts up."""
    last = tag.rpartition("#")[2]
    return int(last) if last.isdecimal() else 0


def _with_version(event: Event, versions: dict[str, str]) -> Event:
    return event if event.version else replace(event, version=versions.get(event.commit, ""))
