"""Where a service listens: at a port, and where it is told so at a socket's path too. An edge."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from nbstage.errors import UserError
from nbstage.serve.nouns import BACKLOG, Service


class Listener(socket.socket):
    """A socket that listens already, and whose queue stays as long as it is.

    asyncio makes it as short as the number of connections that it takes at a time; what connects
    by a path just then is refused.
    """

    def listen(self, backlog: int = 0, /) -> None:
        """Change nothing."""


@contextmanager
def listening(service: Service) -> Iterator[tuple[socket.socket, ...]]:
    """All that a service listens on, its port first. Raises UserError for what it can't have."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(_at_port(service.host, service.port))]
        if service.socket is not None:
            listeners.append(stack.enter_context(_at_path(str(service.socket))))
        yield tuple(listeners)


def address_of(listener: socket.socket) -> str:
    """The URL of a port."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _at_port(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio knows that it may send small answers without delay.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        return _open(listener, (host, port))
    except (OSError, UnicodeError) as error:
        raise UserError(
            f"'{host}' port {port} can't be listened on: {getattr(error, 'strerror', error)}",
            "choose another one with `--port`; 0 finds a free one.",
        ) from None


def _at_path(path: str) -> socket.socket:
    try:
        return _open(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), path)
    except OSError as error:
        raise UserError(f"'{path}' can't be listened on: {error}", "name another path.") from None


def _open(listener: socket.socket, at: tuple[str, int] | str) -> socket.socket:
    try:
        listener.bind(at)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
