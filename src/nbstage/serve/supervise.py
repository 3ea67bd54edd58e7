"""The process that keeps the workers: it starts them, replaces those that die, and ends them."""

from __future__ import annotations

import multiprocessing
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from nbstage.errors import UserError
from nbstage.serve.nouns import Predicts, Service
from nbstage.serve.worker import BACKLOG, READY, STUCK, run_worker

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
    listener: socket.socket
    counted: str

    def worker(self) -> Worker:
        """A new process, which opens the predictor by itself."""
        context = multiprocessing.get_context("spawn")
        told, tell = context.Pipe(duplex=False)
        given = (self.open_predictor, self.service, self.listener, tell, self.counted)
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
    with _stopped() as stop, _listening(service) as listener, _counted() as counted:
        start = Start(open_predictor, service, listener, counted)
        workers = [start.worker() for _ in range(service.workers)]
        try:
            _await_first(workers, stop)
            if not stop:
                started(_address(listener))
            _keep(workers, start, stop, say)
        finally:
            # What comes from now on reaches those workers that are left, not a queue of nobody's.
            listener.close()
            _end(workers, service, stop)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches that address."""
    return host in ("localhost", "::1") or host.startswith("127.")


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


def _keep(workers: list[Worker], start: Start, stop: list[int], say: Say) -> None:
    """Put a new worker in place of each that dies, after a while if that one didn't even begin."""
    answering = {worker.process.pid for worker in workers}
    pause, due = 1.0, dict.fromkeys(range(len(workers)), 0.0)
    while not stop:
        wait([one.process.sentinel for one in workers if one.process.is_alive()], timeout=0.2)
        for place, worker in enumerate(workers):
            pid = worker.process.pid
            if pid not in answering and worker.told.poll() and _hear(worker) == READY:
                answering.add(pid)
                pause = 1.0
                say(f"worker {pid} answers")
            if stop or worker.process.is_alive():
                continue
            if not due[place]:
                late = 0.0 if pid in answering else pause
                due[place] = time.monotonic() + late
                pause = min(2 * pause, _LONGEST_WAIT) if late else pause
                _forget(start.counted, pid)
                say(f"worker {pid} {_how(worker.process)}; another one takes its place")
            if time.monotonic() >= due[place]:
                workers[place], due[place] = start.worker(), 0.0


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
    with tempfile.TemporaryDirectory(prefix="nbstage-serve-", ignore_cleanup_errors=True) as name:
        yield name


@contextmanager
def _listening(service: Service) -> Iterator[socket.socket]:
    host, port = service.host, service.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio knows that it may send small answers without delay.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise UserError(
            f"'{host}' port {port} can't be listened on: {error.strerror}",
            "choose another one with `--port`; 0 finds a free one.",
        ) from None
    with listener:
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
