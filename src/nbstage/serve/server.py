"""uvicorn, told how to leave and whom not to wait for. Only workers import this."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable
from socket import socket
from types import FrameType
from typing import Any

import uvicorn

from nbstage.serve.guard import App
from nbstage.serve.work import Work

# Any: uvicorn's connections, of one class or another.
Quiet = dict[Any, tuple[Any, float]]
_ARRIVING = 0.15
_KEPT = 30


def make_server(app: App, work: Work, started: Callable[[], None]) -> Server:
    """A server of the application; `started` is called once it answers."""
    config = uvicorn.Config(
        app,
        loop="asyncio",
        # How many connections one worker takes at a time, before the others get their turn: the
        # queue that they wait in is none of asyncio's, see Listener.
        backlog=1,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEPT,
        timeout_graceful_shutdown=int(work.service.limits.seconds) + 2,
    )
    return Server(config, work, started)


class Server(uvicorn.Server):
    """A server that leaves in two steps: it says so with each answer, and then it goes."""

    def __init__(self, config: uvicorn.Config, work: Work, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._work = work
        self._told = started
        self._leave_at = float("inf")
        self._quiet: Quiet = {}

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._mind_parent()
        self._told()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave, in the first of the two steps."""
        if sig == signal.SIGTERM:
            self._leave()

    async def on_tick(self, counter: int) -> bool:
        """Whether to go: asked ten times a second."""
        if counter % 10 == 0:
            self._close_quiet(time.monotonic())
        if self._work.standing.stuck or time.monotonic() >= self._leave_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Go, and close nothing that has a request on its way."""
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

    def _close_quiet(self, now: float) -> None:
        """Close connections that uvicorn would wait for for ever."""
        self._quiet = quiet_since(self.server_state.connections, self._quiet, now)
        late = now - max(self._work.service.limits.seconds, _KEPT) - 1
        for one in [one for one, (_, since) in self._quiet.items() if since < late]:
            one.transport.close()

    def _leave(self) -> None:
        if not self._work.standing.leaving:
            self._work.standing.leaving = True
            self._leave_at = time.monotonic() + self._work.service.drain

    def _mind_parent(self) -> None:
        """Leave where the parent is gone."""
        parent = multiprocessing.parent_process()
        if parent is None:
            return
        loop, sentinel = asyncio.get_running_loop(), parent.sentinel

        def gone() -> None:
            loop.remove_reader(sentinel)
            self._leave()

        loop.add_reader(sentinel, gone)


def quiet_since(connections: Iterable[Any], before: Quiet, now: float) -> Quiet:
    """Connections whose next request hasn't come, or not to the end of its head, each with its last
    request and the time since when it is so.
    """
    quiet: Quiet = {}
    for one in connections:
        request = getattr(one, "cycle", None)
        if request is None or request.response_complete:
            last, since = before.get(one, (None, now))
            quiet[one] = (request, since if last is request else now)
    return quiet


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
