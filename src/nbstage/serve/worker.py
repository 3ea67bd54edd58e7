"""A process that answers requests: a predictor opened, a server run until it is told to leave."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from socket import socket
from types import FrameType
from typing import TYPE_CHECKING

from nbstage.errors import UserError
from nbstage.serve.nouns import Predicts, Service

if TYPE_CHECKING:
    import uvicorn

    from nbstage.serve.work import Work

#: What a worker says once it answers; otherwise the message and the hint of what keeps it from it.
READY = "ready"
STUCK = 75
BACKLOG = 2048
_ARRIVING = 0.15


def run_worker(
    open_predictor: Callable[[], Predicts],
    service: Service,
    listener: socket,
    parent: Connection,
    counted: str,
) -> None:
    """Answer requests that come to the listener until SIGTERM, or until the parent is gone.

    Ends the process: with 2 if the predictor can't be opened, with STUCK if a prediction didn't
    end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the parent passes it on
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = counted  # read when prometheus_client is imported
    try:
        predictor = open_predictor()
    except UserError as error:
        parent.send((error.message, error.hint))
        sys.exit(2)
    from nbstage.serve.service import make_app
    from nbstage.serve.work import make_work

    work = make_work(predictor, service, counted)
    app = make_app(work)
    work.begin()
    # What was made so far stays for good: to look through it again and again costs some requests
    # several milliseconds.
    gc.collect()
    gc.freeze()
    _server(app, work, lambda: parent.send(READY)).run([listener])
    work.end()
    sys.stderr.flush()
    # A thread that is in a prediction without end would keep the process from ending.
    os._exit(STUCK if work.standing.stuck else 0)


def _server(app: object, work: Work, started: Callable[[], None]) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        """A server that leaves in two steps: it says so with each answer, and then it goes."""

        leave_at = float("inf")

        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            for listener in sockets or []:
                listener.listen(BACKLOG)
            self._mind_parent()
            started()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if sig == signal.SIGTERM:
                self._leave()

        async def on_tick(self, counter: int) -> bool:
            if work.standing.stuck or time.monotonic() >= self.leave_at:
                self.should_exit = True
            return await super().on_tick(counter)

        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            """Close nothing that has a request on its way."""
            loop = asyncio.get_running_loop()
            late = [one for listener in sockets or [] for one in _accept_all(loop, listener)]
            for server in self.servers:
                server.close()
            for one in late:
                await loop.connect_accepted_socket(self._protocol, one)
            await asyncio.sleep(_ARRIVING)  # what was accepted just now sends its request
            await super().shutdown(sockets)

        def _protocol(self) -> asyncio.Protocol:
            made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
                config=self.config, server_state=self.server_state, app_state={}
            )
            return made

        def _leave(self) -> None:
            if work.standing.leaving:
                return
            work.standing.leaving = True
            self.leave_at = time.monotonic() + work.service.drain

        def _mind_parent(self) -> None:
            parent = multiprocessing.parent_process()
            if parent is None:
                return
            loop, sentinel = asyncio.get_running_loop(), parent.sentinel

            def gone() -> None:
                loop.remove_reader(sentinel)
                self._leave()

            loop.add_reader(sentinel, gone)

    return Server(_config(app, work.service))


def _accept_all(loop: asyncio.AbstractEventLoop, listener: socket) -> list[socket]:
    """All connections that wait now: they would be cut off when the listener is closed."""
    loop.remove_reader(listener.fileno())
    accepted: list[socket] = []
    while True:
        try:
            accepted.append(listener.accept()[0])
        except OSError:
            break
    for one in accepted:
        one.setblocking(False)
    return accepted


def _config(app: object, service: Service) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        app,  # type: ignore[arg-type] # an ASGI application, in our own words for one
        loop="asyncio",
        # How many connections one worker takes at a time, before the others get their turn. The
        # queue that they wait in is made longer once the server has begun.
        backlog=1,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(service.limits.seconds) + 2,
    )
