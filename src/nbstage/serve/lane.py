"""One piece of work after the other, away from the loop that answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Done = TypeVar("_Done")


class Busy(Exception):
    """So much work waits already that more would only wait in vain."""


class TooLate(Exception):
    """The work was not done in its time."""


class Lane:
    """A thread for predictions. It is just one: the code of a notebook's stages was written for
    one, and further workers are processes.

    Work that goes on after its time holds up all behind it: then `stuck` is called, once.
    """

    def __init__(self, waiting: int, stuck: Callable[[], None]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predictions")
        self._waiting = waiting
        self._stuck = stuck
        self._count = 0

    async def run(self, work: Callable[[], _Done], seconds: float) -> _Done:
        """What the work gives. Raises Busy, TooLate, and what the work raises."""
        if self._count > self._waiting:
            raise Busy
        self._count += 1
        task = self._thread.submit(work)
        task.add_done_callback(self._done)
        outcome = asyncio.wrap_future(task)
        await asyncio.wait({outcome}, timeout=seconds)
        if outcome.done():
            return outcome.result()
        if not outcome.cancel() or not task.cancelled():
            self._stuck()
        raise TooLate

    def _done(self, _: Future[_Done]) -> None:
        self._count -= 1

    def close(self) -> None:
        """Begin no more work."""
        self._thread.shutdown(wait=False, cancel_futures=True)
