"""Events -> what they come to: versions, and which of them each stage has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nbstage.registry.names import order_of
from nbstage.registry.nouns import Did, Event, Model, Version


def models_of(events: Iterable[Event]) -> dict[str, Model]:
    """Each model by its name, as all of its events leave it."""
    by_model: dict[str, list[Event]] = {}
    for event in events:
        by_model.setdefault(event.model, []).append(event)
    return {name: _model(name, found) for name, found in sorted(by_model.items())}


def current(model: Model) -> dict[str, str]:
    """The version in each stage that has one."""
    return {stage: stack[-1] for stage, stack in model.stacks.items() if stack and stack[-1]}


def _model(name: str, events: Sequence[Event]) -> Model:
    registered: dict[str, Event] = {}
    stacks: dict[str, tuple[str, ...]] = {}
    for event in events:
        match event.did:
            case Did.REGISTERED:
                registered[event.version] = event
            case Did.WITHDRAWN:
                registered.pop(event.version, None)
            case Did.PROMOTED:
                stacks[event.stage] = (*stacks.get(event.stage, ()), event.version)
            case Did.ROLLED_BACK:
                stacks[event.stage] = _back_to(event.version, stacks.get(event.stage, ()))
            case Did.TAKEN_OUT:
                stacks[event.stage] = (*stacks.get(event.stage, ()), "")
    versions = tuple(
        Version(name, event.version, event.tag, event.commit, _stages(stacks, event.version))
        for event in sorted(registered.values(), key=lambda event: order_of(event.version))
    )
    return Model(name, versions, stacks, tuple(events))


def _back_to(version: str, stack: tuple[str, ...]) -> tuple[str, ...]:
    """The stack as a rollback leaves it, so that the next one leads further back."""
    before = stack[:-1]
    if version not in before:
        return (*before, version)
    return before[: len(before) - before[::-1].index(version)]


def _stages(stacks: dict[str, tuple[str, ...]], version: str) -> tuple[str, ...]:
    return tuple(sorted(stage for stage, stack in stacks.items() if stack[-1:] == (version,)))
