"""A client that keeps a service busy, and what became of each of its requests."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Load:
    """What was sent and what came back: seconds of each answered request, the statuses, and how
    many got no answer. A connection that could not be made is no request that was lost.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    took: float = 0.0

    @property
    def a_second(self) -> float:
        """Answered requests."""
        return len(self.seconds) / self.took if self.took else 0.0

    def quantile(self, share: float) -> float:
        """The seconds within which this share of the requests was answered."""
        return statistics.quantiles(self.seconds, n=1000)[round(share * 1000) - 1]


@dataclass(frozen=True, slots=True)
class Shot:
    """A request that is sent over and over, on so many connections, which are kept or not."""

    port: int
    body: bytes
    headers: tuple[str, ...] = ()
    connections: int = 4
    keep: bool = True
    path: str = "/predict"


def run_load(shot: Shot, seconds: float) -> Load:
    """Send requests for so long, each connection the next one when it has its answer."""
    return asyncio.run(load(shot, seconds))


async def load(shot: Shot, seconds: float) -> Load:
    """The same, in a loop that runs."""
    found = Load()
    begin = time.perf_counter()
    await asyncio.gather(
        *(_connection(shot, begin + seconds, found) for _ in range(shot.connections))
    )
    return Load(
        found.seconds, found.statuses, found.lost, found.refused, time.perf_counter() - begin
    )


async def _connection(shot: Shot, end: float, found: Load) -> None:
    request = _request(shot)
    while time.perf_counter() < end:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", shot.port)
        except OSError:
            found.refused.append(time.perf_counter())
            await asyncio.sleep(0.01)
            continue
        try:
            await _send(request, reader, writer, shot.keep, end, found)
        except (OSError, asyncio.IncompleteReadError) as error:
            found.lost.append(f"{type(error).__name__}: {error}")
        finally:
            writer.close()


async def _send(
    request: bytes,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    keep: bool,
    end: float,
    found: Load,
) -> None:
    while time.perf_counter() < end:
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
        await reader.readexactly(length)
        found.seconds.append(time.perf_counter() - start)
        status = int(lines[0].split()[1])
        found.statuses[status] = found.statuses.get(status, 0) + 1
        if not keep or "connection: close" in lines:
            return


def _request(shot: Shot) -> bytes:
    lines = [
        f"POST {shot.path} HTTP/1.1",
        f"Host: localhost:{shot.port}",
        "Content-Type: application/json",
        f"Content-Length: {len(shot.body)}",
        *([] if shot.keep else ["Connection: close"]),
        *shot.headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + shot.body
