"""One piece of work after the other, away from the loop that answers."""

from __future__ import annotations

import asyncio
import threading
import time
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

    Work holds up all that waits behind it: where one piece alone takes longer than its time,
    `stuck` is called.
    """

    def __init__(self, waiting: int, stuck: Callable[[], None]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predictions")
        self._waiting = waiting
        self._stuck = stuck
        self._lock = threading.Lock()
        self._count = 0
        self._began = 0.0

    async def run(self, work: Callable[[], _Done], seconds: float) -> _Done:
        """What the work gives. Raises Busy, TooLate, and what the work raises."""
        with self._lock:
            if self._count > self._waiting:
                raise Busy
            self._count += 1
        task = self._thread.submit(self._contained, work)
        task.add_done_callback(self._ended)
        outcome = asyncio.wrap_future(task)
        await asyncio.wait({outcome}, timeout=seconds)
        if outcome.done():
            return outcome.result()
        outcome.cancel()
        if not task.cancelled():  # it has begun
            left = self._began + seconds - time.monotonic()
            asyncio.get_running_loop().call_later(left, self._look, task)
        raise TooLate

    def close(self) -> None:
        """Begin no more work."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _contained(self, work: Callable[[], _Done]) -> _Done:
        self._began = time.monotonic()
        try:
            return work()
        except (SystemExit, KeyboardInterrupt, StopIteration) as error:
            # These would mean something to the loop that gets them.
            raise RuntimeError(f"{type(error).__name__} in a prediction") from error

    def _ended(self, _: Future[_Done]) -> None:
        with self._lock:  # called by the thread, too
            self._count -= 1

    def _look(self, task: Future[_Done]) -> None:
        if not task.done():
            self._stuck()
