"""The log of a model replayed from its tags: does each step follow from those before it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.registry.lineage import is_ungated
from nbstage.registry.nouns import Did, Event, Model
from nbstage.registry.stages import UNGATED
from nbstage.registry.state import Standing, after


@dataclass(frozen=True, slots=True)
class Origin:
    """What a release commit says of itself, None if nothing, and its first parent."""

    lineage: dict[str, object] | None
    parent: str

    @property
    def source(self) -> str:
        return self.parent if self.lineage is not None else ""


def faults_of(model: Model, origins: dict[str, Origin]) -> tuple[str, ...]:
    """What is wrong in the log, in order; nothing if it is coherent. `origins` are by commit."""
    found: list[str] = []
    before = Standing()
    for event in model.events:
        found += [f"'{event.tag}': {fault}" for fault in _faults(event, before, origins)]
        before = after(before, event)
    return (*found, *_gaps(model.events))


def _faults(event: Event, before: Standing, origins: dict[str, Origin]) -> Iterator[str]:
    if event.called != event.tag:
        yield f"the tag was made as '{event.called}', and renamed"
    match event.did:
        case Did.REGISTERED:
            yield from _registered(event, before, origins)
        case Did.PROMOTED | Did.ROLLED_BACK:
            yield from _moved(event, before, origins)
        case Did.WITHDRAWN | Did.TAKEN_OUT:
            pass


def _registered(event: Event, before: Standing, origins: dict[str, Origin]) -> Iterator[str]:
    """A version's lineage has to be its own, and of the commit that it stands beside."""
    others = before.registered.values()
    if event.commit in {other.commit for other in others}:
        yield "its commit has another version already"
    origin = origins[event.commit]
    if origin.lineage is None:
        return
    named = origin.lineage.get("name"), origin.lineage.get("version")
    if named != (event.model, event.version):
        yield f"its lineage is that of '{named[0]}@{named[1]}'"
    if origin.lineage.get("source") != origin.parent:
        yield f"its lineage names another commit than the one before it, {origin.parent[:7]}"
    twice = [one.version for one in others if origins[one.commit].source == origin.source]
    if twice:
        yield f"it was made of the same commit as '{twice[0]}'"


def _moved(event: Event, before: Standing, origins: dict[str, Origin]) -> Iterator[str]:
    if event.version not in before.registered:
        yield "the commit that it names was no version then"
        return
    if event.did is Did.ROLLED_BACK:
        if event.version not in before.stacks.get(event.stage, ())[:-1]:
            yield f"'{event.version}' was not in stage '{event.stage}' before"
    elif is_ungated(origins[event.commit].lineage) and UNGATED not in event.forced:
        yield f"'{event.version}' never met the gate, and nobody said that this is accepted"


def _gaps(events: tuple[Event, ...]) -> Iterator[str]:
    """GTO counts a model's tags up: a number that is missing was taken away."""
    counts = [int(end) for event in events if (end := event.tag.rpartition("#")[2]).isdecimal()]
    for number in sorted({*range(1, max(counts, default=0))} - {*counts}):
        yield f"a tag with the number {number} is missing: somebody deleted it, or hid it"
    if counts != sorted(counts):
        yield "the numbers of the tags and their dates are in different orders"
