"""The door of a service: who comes in, what each request is called, what is counted of it."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from nbstage.report.plain import make_plain
from nbstage.serve.answer import as_json
from nbstage.serve.metrics import Metrics
from nbstage.serve.standing import Standing
from nbstage.serve.tokens import Keys

# Any: what ASGI's messages hold.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

PATHS = frozenset({"/predict", "/health", "/health/live", "/health/ready", "/metrics", "/docs"})
REQUEST = "nbstage.request"
_OPEN = frozenset(
    {"/health", "/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"}
)
_LOCAL = re.compile(rb"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)
_GIVEN = re.compile(r"[\w.:+/=-]{1,100}", re.ASCII)
REFUSED = {
    401: "a token is needed: `Authorization: Bearer TOKEN`, or `X-API-Key: TOKEN`",
    421: "without tokens, only requests to localhost are answered",
    500: "the service failed; its log says why",
}


@dataclass(frozen=True, slots=True)
class Door:
    """The application behind its door. Nobody's request is read before the token was found good.

    Without keys everybody comes in who asks for this machine by its own name: a page in a browser
    here, from anywhere, could otherwise ask under a name of its own.
    """

    app: App
    keys: Keys | None
    metrics: Metrics
    standing: Standing

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        named = headers.get(b"x-request-id", b"").decode("latin-1")
        scope[REQUEST] = request = named if _GIVEN.fullmatch(named) else secrets.token_hex(8)
        start, status = time.perf_counter(), 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = _own_headers(request, self.standing)
                message["headers"] = [*message["headers"], *own]
            await send(message)

        refused = _refusal(scope["path"], headers, self.keys) or await self._let_in(
            scope, receive, send_on
        )
        if refused and not status:
            await _refuse(refused, send_on)
        self._count(_counted(scope["path"]), status, time.perf_counter() - start)

    async def _let_in(self, scope: Message, receive: Receive, send: Send) -> int:
        """0, or the status where the application failed."""
        try:
            await self.app(scope, receive, send)
            return 0
        except Exception:  # the last place that can answer
            print(make_plain(traceback.format_exc()), file=sys.stderr, flush=True)
            return 500

    def _count(self, path: str, status: int, seconds: float) -> None:
        self.metrics.requests.labels(path, str(status)).inc()
        self.metrics.seconds.labels(path).observe(seconds)
        if status == 401:
            self.metrics.tokens_refused.inc()


def _counted(path: str) -> str:
    """What the path is called in the counts: there are few such names, whatever is asked for."""
    if path.startswith("/v2/"):
        return "/v2"
    return path if path in PATHS else "other"


def _refusal(path: str, headers: dict[bytes, bytes], keys: Keys | None) -> int:
    """The status of a refusal, 0 if the request may come in."""
    if path in _OPEN:
        return 0
    if keys is None:
        return 0 if _LOCAL.fullmatch(headers.get(b"host", b"")) else 421
    return 0 if keys.admit(_token(headers)) else 401


def _token(headers: dict[bytes, bytes]) -> str:
    """The token that a request has. A browser asks for a name and a password: the password."""
    kind, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    match kind.lower():
        case "bearer":
            return value.strip()
        case "basic":
            try:
                told = base64.b64decode(value, validate=True).decode("latin-1")
            except (binascii.Error, ValueError):
                return ""
            return told.partition(":")[2]
    return headers.get(b"x-api-key", b"").decode("latin-1")


def _own_headers(request: str, standing: Standing) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-request-id", request.encode()), (b"cache-control", b"no-store")]
    if not standing.ready:
        headers.append((b"connection", b"close"))
    return headers


async def _refuse(status: int, send: Send) -> None:
    body = as_json({"errors": [{"message": REFUSED[status]}]})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == 401:
        # A header each: browsers don't find the one they know in a list.
        ways = (b'Bearer realm="nbstage"', b'Basic realm="nbstage"')
        headers += [(b"www-authenticate", way) for way in ways]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
