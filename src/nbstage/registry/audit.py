"""The log of a model replayed from its tags: does each step follow from those before it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nbstage.registry.lineage import is_ungated
from nbstage.registry.nouns import Did, Event, Model
from nbstage.registry.stages import UNGATED
from nbstage.registry.state import models_of

#: What a version's release commit says of it, and the commit's first parent.
Lineage = Callable[[Event], tuple[dict[str, object] | None, str]]


def faults_of(model: Model, lineage: Lineage) -> tuple[str, ...]:
    """What is wrong in the log, in order; nothing if it is coherent."""
    found: list[str] = []
    for number, event in enumerate(model.events):
        before = models_of(model.events[:number]).get(model.name)
        found += [f"'{event.tag}': {fault}" for fault in _faults(event, before, lineage)]
    return (*found, *_gaps(model.events))


def _faults(event: Event, before: Model | None, lineage: Lineage) -> Iterator[str]:
    if event.called != event.tag:
        yield f"the tag was made as '{event.called}', and renamed"
    match event.did:
        case Did.REGISTERED:
            yield from _registered(event, before, lineage)
        case Did.PROMOTED | Did.ROLLED_BACK:
            yield from _moved(event, before, lineage)
        case Did.WITHDRAWN | Did.TAKEN_OUT:
            pass


def _registered(event: Event, before: Model | None, lineage: Lineage) -> Iterator[str]:
    """A version's lineage has to be its own, and of the commit that it stands beside."""
    told, parent = lineage(event)
    if told is None:
        return
    if (told.get("name"), told.get("version")) != (event.model, event.version):
        yield f"its lineage is that of '{told.get('name')}@{told.get('version')}'"
    if told.get("source") != parent:
        yield f"its lineage names another commit than the one before it, {parent[:7]}"
    if before and event.commit in {version.commit for version in before.versions}:
        yield "its commit has another version already"


def _moved(event: Event, before: Model | None, lineage: Lineage) -> Iterator[str]:
    versions = {version.version for version in before.versions} if before else set()
    if event.version not in versions:
        yield "the commit that it names was no version then"
        return
    if event.did is Did.ROLLED_BACK:
        been = before.stacks.get(event.stage, ())[:-1] if before else ()
        if event.version not in been:
            yield f"'{event.version}' was not in stage '{event.stage}' before"
    elif is_ungated(lineage(event)[0]) and UNGATED not in event.forced:
        yield f"'{event.version}' never met the gate, and nobody said that this is accepted"


def _gaps(events: tuple[Event, ...]) -> Iterator[str]:
    """GTO counts a model's tags up: a number that is missing was taken away."""
    counts = [int(end) for event in events if (end := event.tag.rpartition("#")[2]).isdecimal()]
    for number in sorted({*range(1, max(counts, default=0))} - {*counts}):
        yield f"a tag with the number {number} is missing: somebody deleted it, or hid it"
    if counts != sorted(counts):
        yield "the numbers of the tags and their dates are in different orders"
