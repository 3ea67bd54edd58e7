"""Where a service listens."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from nbstage.serve.listening import Listener, address_of, listening
from nbstage.serve.nouns import Service


def connected(path: Path) -> socket.socket:
    """A connection, made without waiting as Caddy makes them: a full queue refuses it."""
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    client.connect(str(path))
    return client


def test_a_service_listens_at_its_port_and_at_its_socket(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with listening(Service(port=0, socket=path)) as (at_port, at_path):
        host, port = at_port.getsockname()
        assert address_of(at_port) == f"http://127.0.0.1:{port}"
        socket.create_connection((host, port)).close()
        assert at_path.getsockname() == str(path)
        connected(path).close()


def test_connections_wait_while_a_worker_begins(tmp_path: Path) -> None:
    path = tmp_path / "socket"

    async def begin(listener: Listener) -> None:
        server = await asyncio.start_server(lambda *_: None, sock=listener, backlog=1)
        for client in [connected(path) for _ in range(20)]:
            client.close()
        server.close()

    with listening(Service(port=0, socket=path)) as (_, at_path):
        asyncio.run(begin(Listener(fileno=at_path.detach())))
