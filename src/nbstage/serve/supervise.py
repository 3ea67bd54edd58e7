"""The process that keeps the workers: it starts them, replaces those that die, and ends them."""

from __future__ import annotations

import ipaddress
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from socket import socket

from nbstage.errors import UserError
from nbstage.serve.listening import address_of, listening
from nbstage.serve.nouns import Predicts, Service
from nbstage.serve.worker import READY, STUCK, run_worker

_LONGEST_WAIT = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's process, and where it says whether it answers."""

    process: SpawnProcess
    told: Connection


@dataclass(frozen=True, slots=True)
class Start:
    """All that a worker is started with."""

    open_predictor: Callable[[], Predicts]
    service: Service
    listeners: tuple[socket, ...]
    counted: str

    def worker(self) -> Worker:
        """A new process, which opens the predictor by itself."""
        context = multiprocessing.get_context("spawn")
        told, tell = context.Pipe(duplex=False)
        given = (self.open_predictor, self.service, self.listeners, tell, self.counted)
        process = context.Process(target=run_worker, args=given, name="nbstage worker")
        process.start()
        tell.close()
        return Worker(process, told)


def serve(
    open_predictor: Callable[[], Predicts],
    service: Service,
    started: Callable[[str], None],
    say: Say,
) -> None:
    """Answer requests until SIGTERM or SIGINT; then end what was begun. A second one ends at once.

    `started` gets the address, once all workers answer. Raises UserError where they can't begin.
    """
    with _stopped() as stop, listening(service) as listeners, _counted() as counted:
        start = Start(open_predictor, service, listeners, counted)
        workers = [start.worker() for _ in range(service.workers)]
        try:
            _await_first(workers, stop)
            if not stop:
                started(address_of(listeners[0]))
            _keep(workers, start, stop, say)
        finally:
            # What comes from now on reaches those workers that are left, not a queue of nobody's.
            for listener in listeners:
                listener.close()
            _end(workers, service, stop)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _await_first(workers: list[Worker], stop: list[int]) -> None:
    """Wait until all workers answer. Raises UserError where one can't."""
    for worker in workers:
        while not stop and not worker.told.poll(0.1):
            pass
        if stop:
            return
        told = _hear(worker)
        if told == READY:
            continue
        if isinstance(told, tuple):
            raise UserError(*told)
        worker.process.join()
        raise UserError(
            f"a worker {_how(worker.process)} before it answered", "what it said stands above."
        )


@dataclass(slots=True)
class _Place:
    """A worker's place: what the process in it said, and when another one follows."""

    worker: Worker
    answers: bool = True
    why: str = ""
    pause: float = 1.0
    due: float | None = None


def _keep(workers: list[Worker], start: Start, stop: list[int], say: Say) -> None:
    """Put a new worker in place of each that dies, after a while if that one didn't even begin."""
    places = [_Place(worker) for worker in workers]
    while not stop:
        alive = [one.process.sentinel for one in workers if one.process.is_alive()]
        wait(alive, timeout=0.2)
        for number, place in enumerate(places):
            _look(place, start, say)
            if place.due is not None and time.monotonic() >= place.due and not stop:
                place.worker.told.close()
                place.worker = workers[number] = start.worker()
                place.answers, place.why, place.due = False, "", None


def _look(place: _Place, start: Start, say: Say) -> None:
    """Hear what the worker says, and see whether it is still there."""
    process = place.worker.process
    there = process.is_alive()  # asked first: what it said last is then heard
    told = _hear(place.worker) if place.worker.told.poll() else None
    if told == READY:
        place.answers, place.pause = True, 1.0
        say(f"worker {process.pid} answers")
    elif isinstance(told, tuple):
        place.why = f": {told[0]}"
    if there or place.due is not None:
        return
    late = 0.0 if place.answers else place.pause
    place.due = time.monotonic() + late
    place.pause = min(2 * place.pause, _LONGEST_WAIT) if late else place.pause
    _forget(start.counted, process.pid)
    say(f"worker {process.pid} {_how(process)}{place.why}; another one takes its place")


def _hear(worker: Worker) -> object:
    """What a worker says; None if it is gone."""
    try:
        return worker.told.recv()
    except EOFError:
        return None


def _end(workers: list[Worker], service: Service, stop: list[int]) -> None:
    """Let the workers end what they have begun; a further signal, or their time, ends them now."""
    signals = len(stop)
    for worker in workers:
        worker.process.terminate()
    until = time.monotonic() + service.drain + service.limits.seconds + 5
    alive = [worker.process for worker in workers]
    while alive and len(stop) <= signals and time.monotonic() < until:
        wait([process.sentinel for process in alive], timeout=0.2)
        alive = [process for process in alive if process.is_alive()]
    for process in alive:
        process.kill()
    for worker in workers:
        worker.process.join()


def _how(process: SpawnProcess) -> str:
    code = process.exitcode
    if code == STUCK:
        return "ended, as a prediction didn't"
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _forget(counted: str, pid: int | None) -> None:
    """Take a worker out of the gauges; what it counted stays."""
    for file in Path(counted).glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)


@contextmanager
def _stopped() -> Iterator[list[int]]:
    """A list that gets each SIGTERM and SIGINT."""
    stop: list[int] = []
    before = {
        number: signal.signal(number, lambda got, _: stop.append(got))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _counted() -> Iterator[str]:
    """A folder for the workers' counts: in memory where there is such a place, as a process is
    killed that writes to its mapped file on a full disk.
    """
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(
        prefix="nbstage-serve-", dir=memory, ignore_cleanup_errors=True
    ) as name:
        yield name
