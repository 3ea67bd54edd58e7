"""What is said between who starts stages and who tells it to, through sockets.

A message is JSON, with its length before it.
"""

from __future__ import annotations

import json
import socket
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Told = dict[str, Any]
_LENGTH = struct.Struct("!I")
#: Systems take about a hundred bytes for the name of a socket.
_LONG = 70


def packed(told: Told) -> bytes:
    """What is sent."""
    data = json.dumps(told).encode()
    return _LENGTH.pack(len(data)) + data


def first_message(connection: socket.socket) -> Told:
    """The message with which somebody begins; it is waited for."""
    size = _LENGTH.unpack(connection.recv(_LENGTH.size, socket.MSG_WAITALL))[0]
    told: Told = json.loads(connection.recv(size, socket.MSG_WAITALL))
    return told


def messages(inbox: bytearray) -> Iterator[Told]:
    """What has arrived in full, taken out of it."""
    while len(inbox) >= _LENGTH.size:
        end = _LENGTH.size + _LENGTH.unpack_from(inbox)[0]
        if len(inbox) < end:
            return
        yield json.loads(bytes(inbox[_LENGTH.size : end]))
        del inbox[:end]


def short_folder() -> Path:
    """A temporary folder of one's own, in which a socket's name is not too long."""
    folder = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="nbstage-", dir=folder if len(folder) < _LONG else "/tmp"))
