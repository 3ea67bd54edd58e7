"""A stand-in for the calls of GitHub's API that a comment takes, on this machine alone."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "ada/flowers"
BOT = "github-actions[bot]"


@dataclass
class FakeGitHub:
    """Pull requests by number with the commit at their head, comments, and who asked for what."""

    heads: dict[int, str]
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def write(self, author: str, body: str) -> dict[str, Any]:
        self.comments.append(
            {"id": len(self.comments) + 1, "user": {"login": author}, "body": body}
        )
        return self.comments[-1]

    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments]

    def answer(self, method: str, path: str, data: Any) -> tuple[int, object]:
        split = urlsplit(path)
        place = split.path.removeprefix(f"/repos/{REPOSITORY}/")
        if found := re.fullmatch(r"pulls/(\d+)", place):
            head = self.heads.get(int(found[1]))
            return (200, {"head": {"sha": head}}) if head else (404, {"message": "Not Found"})
        if re.fullmatch(r"issues/\d+/comments", place):
            if method == "POST":
                return 201, self.write(BOT, data["body"])
            asked = {key: int(values[0]) for key, values in parse_qs(split.query).items()}
            size, page = asked.get("per_page", 30), asked.get("page", 1)
            return 200, self.comments[size * (page - 1) : size * page]
        if (found := re.fullmatch(r"issues/comments/(\d+)", place)) and method == "PATCH":
            self.comments[int(found[1]) - 1]["body"] = data["body"]
            return 200, self.comments[int(found[1]) - 1]
        return 501, {"message": f"not modelled: {method} {place}"}


@contextmanager
def fake_github(heads: dict[int, str]) -> Iterator[FakeGitHub]:
    """Serve the stand-in at its `url` for as long as it is needed."""
    fake = FakeGitHub(heads)

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(size)) if size else None
            fake.asked.append((self.command, self.path, self.headers.get("Authorization") or ""))
            code, answer = fake.answer(self.command, self.path, data)
            body = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _do

        def log_message(self, *words: object) -> None:
            """Nothing is to be read on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
