"""Whom a cell tried to reach, as host and port."""

from __future__ import annotations

import re

#: Programs by which libraries look at the machine.
NOISE = frozenset({"fc-list", "ldconfig", "lscpu", "uname", "sysctl"})
_ADDRESS = re.compile(r"[\d.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*")
_HERE = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0"})
_PASSING_PORTS = 32_768


def hosts(asked: list[tuple[str, object]], reached: list[tuple[str, object]]) -> list[str]:
    """ "example.org:443", sorted; a host by its name and not again by its address.

    Without what processes of one machine say to each other through ports of the moment.
    """
    named = {port for host, port in asked if not _ADDRESS.fullmatch(host)}
    found = {
        f"{host}:{port}"
        for host, port in (*asked, *reached)
        if not (_ADDRESS.fullmatch(host) and port in named)
        and not (host in _HERE and _number(port) >= _PASSING_PORTS)
    }
    return sorted(found)


def _number(port: object) -> int:
    return int(port) if isinstance(port, (int, str)) and str(port).isdecimal() else 0
