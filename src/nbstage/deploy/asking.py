"""Requests to a service. An edge."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from nbstage.errors import UserError

_MOST = 50_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is, and what opens it ("" for nothing)."""

    url: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's answer: its status (0: none came, and `text` says why), and how long it took."""

    status: int
    text: str
    seconds: float

    @property
    def data(self) -> object:
        """The JSON in it, None where there is none."""
        try:
            found: object = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return found


def service_at(url: str, token: str = "") -> Service:
    """The service at a URL. Raises UserError for what is none."""
    hint = "give it like http://127.0.0.1:8000 or https://models.example.org."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UserError(f"'{url}' is no address of a service: {error}", hint) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise UserError(f"'{url}' is no address of a service", hint)
    return Service(url.rstrip("/"), token)


def ask(service: Service, path: str, body: object = None, seconds: float = 30.0) -> Answer:
    """What a service answers: to GET, or with a body to POST."""
    parts = urlsplit(service.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    headers = {"X-Request-ID": "smoke"}  # the log of predictions has it
    if service.token:
        headers["Authorization"] = f"Bearer {service.token}"
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    start = time.perf_counter()
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        method = "GET" if data is None else "POST"
        connection.request(method, parts.path.rstrip("/") + path, data, headers)
        response = connection.getresponse()
        text = response.read(_MOST).decode("utf-8", "replace")
        return Answer(response.status, text, time.perf_counter() - start)
    except (OSError, HTTPException, ValueError) as error:
        why = str(error) or type(error).__name__
        return Answer(0, why, time.perf_counter() - start)
    finally:
        connection.close()
