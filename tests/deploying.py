"""Bundles without a model, and a service that answers what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nbstage.bundle import Bundle, Column, Output
from nbstage.bundle.folder import write_bundle
from nbstage.deploy.asking import Service

Answers = Callable[[str, object], tuple[int, object]]


def paper_bundle(folder: Path, version: str = "v1.0.0", **changes: object) -> Bundle:
    """A bundle that says what a row and its prediction are, and could predict nothing."""
    folder.mkdir(parents=True)
    (folder / "params.yaml").write_text("slope: 2\n")
    bundle = Bundle(
        folder,
        "churn",
        version,
        "3f2a",
        (Column("a", "number", "float64", example=1.5),),
        (Output("score", "number"),),
        examples=({"a": 1.5}, {"a": 2.0}),
        expected=({"score": 3.0}, {"score": 4.0}),
    )
    return write_bundle(replace(bundle, **changes))  # type: ignore[arg-type]


def healthy(path: str, body: object) -> tuple[int, object]:
    """The answers of a service of that bundle."""
    if path == "/health/ready":
        return 200, {"ready": True, "model": "churn", "version": "v1.0.0", "commit": "3f2a"}
    rows = body if isinstance(body, list) else [body]
    told = [{"score": 2 * row["a"]} for row in rows if isinstance(row, dict)]
    return 200, {"predictions": told}


@contextmanager
def answering(answers: Answers) -> Iterator[Service]:
    """A service on a free port of this machine, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: object) -> None:
            if self.headers["Authorization"] != "Bearer secret":
                status, told = 401, b'"a token is needed"'
            else:
                status, answer = answers(self.path, body)
                told = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Service(f"http://127.0.0.1:{server.server_port}", "secret")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
