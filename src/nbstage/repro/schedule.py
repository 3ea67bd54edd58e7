"""Which stage is next: all that is known and none of how it is done."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Need:
    """What a stage takes of the machine while it runs: cores, bytes of memory, GPUs."""

    cores: int = 1
    memory: int = 0
    gpus: int = 0

    def __add__(self, other: Need) -> Need:
        return Need(self.cores + other.cores, self.memory + other.memory, self.gpus + other.gpus)

    def fits(self, room: Need) -> bool:
        """Whether all of it is there."""
        return self.cores <= room.cores and self.memory <= room.memory and self.gpus <= room.gpus


class Schedule(Generic[T]):
    """The stages that wait, run and are done.

    They are taken in the given order, each when those before it are done and there is room: at
    least one runs, whatever it needs.
    """

    def __init__(
        self,
        stages: Sequence[T],
        before: Mapping[T, Sequence[T]],
        need: Callable[[T], Need],
        room: Need,
    ) -> None:
        known = set(stages)
        self._before = {
            one: {other for other in before.get(one, ()) if other in known} for one in stages
        }
        self._waiting = dict.fromkeys(stages)
        self._need, self._room = cache(need), room
        self._running: set[T] = set()
        self._done: set[T] = set()

    @property
    def is_running(self) -> bool:
        return bool(self._running)

    def next(self) -> T | None:
        """The first stage that may start now; it counts as running from here on."""
        for stage in self._waiting if len(self._running) < self._room.cores else ():
            if self._before[stage] <= self._done and self._has_room(stage):
                del self._waiting[stage]
                self._running.add(stage)
                return stage
        return None

    def done(self, stage: T) -> None:
        """Let those that need the stage start."""
        self._running.remove(stage)
        self._done.add(stage)

    def drop(self, stages: Iterable[T]) -> list[T]:
        """Let none of these start; gives those that waited."""
        dropped = [stage for stage in stages if stage in self._waiting]
        for stage in dropped:
            del self._waiting[stage]
        return dropped

    def first_open(self, place: Mapping[T, int]) -> int:
        """The place of the first stage that isn't done, after all places where all are."""
        left = [place[stage] for stage in (*self._waiting, *self._running)]
        return min(left, default=len(place))

    def _has_room(self, stage: T) -> bool:
        """What is needed is only asked for where something runs beside it: that takes a while."""
        if not self._running:
            return True
        return sum(map(self._need, self._running), self._need(stage)).fits(self._room)
