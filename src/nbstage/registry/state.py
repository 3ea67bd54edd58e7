"""Events -> what they come to: versions, and which of them each stage has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

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


@dataclass(frozen=True, slots=True)
class Standing:
    """What a model's events have come to so far: the registration of each version that was not
    withdrawn, and the versions that a rollback of each stage leads back through.
    """

    registered: dict[str, Event] = field(default_factory=dict)
    stacks: dict[str, tuple[str, ...]] = field(default_factory=dict)


def after(standing: Standing, event: Event) -> Standing:
    """What there is once this was done, too."""
    registered, stacks = standing.registered, standing.stacks
    stack = stacks.get(event.stage, ())
    match event.did:
        case Did.REGISTERED:
            return Standing({**registered, event.version: event}, stacks)
        case Did.WITHDRAWN:
            kept = {name: one for name, one in registered.items() if name != event.version}
            return Standing(kept, stacks)
        case Did.PROMOTED:
            return Standing(registered, {**stacks, event.stage: (*stack, event.version)})
        case Did.ROLLED_BACK:
            return Standing(registered, {**stacks, event.stage: _back_to(event.version, stack)})
        case Did.TAKEN_OUT:
            return Standing(registered, {**stacks, event.stage: (*stack, "")})


def _model(name: str, events: Sequence[Event]) -> Model:
    standing = reduce(after, events, Standing())
    stacks = standing.stacks
    versions = tuple(
        Version(name, event.version, event.tag, event.commit, _stages(stacks, event.version))
        for event in sorted(standing.registered.values(), key=lambda one: order_of(one.version))
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
