"""Copies of requests for a shadow: what is sent, lost, failed and compared; who waits for whom."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nbstage.deploy.nouns import Differing, Shadowed
from nbstage.deploy.samples import samples_in
from nbstage.deploy.shadow import shadowed_from
from nbstage.serve import shadow
from nbstage.serve.shadow import parse_target
from nbstage.serve.shadow_counts import compare
from nbstage.serve.work import Work
from tests.unit.serving import ROW, SCORE, client, serving, wait_for

TOKEN = "t" * 40
SAME: dict[str, object] = {"score": SCORE, "leaves": True}


@dataclass
class Shadow:
    """A service that answers as it is told to, and keeps what it gets."""

    port: int
    rows: list[dict[str, object]] = field(default_factory=lambda: [SAME])
    status: int = 200
    open: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[bytes, str | None]] = field(default_factory=list)


@contextmanager
def a_shadow() -> Iterator[Shadow]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.open.wait(10)
            told.got.append((body, self.headers["authorization"]))
            text = json.dumps({"predictions": told.rows}).encode()
            self.send_response(told.status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told = Shadow(server.server_address[1])
        told.open.set()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield told
        finally:
            told.open.set()
            server.shutdown()


@dataclass
class Tried:
    """A service, its shadow, and the file that tells the one of the other."""

    work: Work
    service: TestClient
    shadow: Shadow
    file: Path

    def tell(self, seconds: float = 60, name: str = "v1.3.0") -> None:
        told = {"shadow": name, "port": self.shadow.port, "token": TOKEN}
        self.file.write_text(json.dumps(told | {"until": time.time() + seconds}))

    def ask(self, times: int = 1) -> None:
        for _ in range(times):
            answer = self.service.post("/predict", json=ROW)
            assert answer.json()["predictions"] == [pytest.approx(SAME)]

    def count(self, name: str, *labels: str) -> float:
        wanted = set(labels) | {"v1.3.0"}
        metrics = self.work.metrics.shadow
        kinds = (metrics.requests, metrics.copies, metrics.rows, metrics.values, metrics.largest)
        return sum(
            sample.value
            for kind in kinds
            for family in kind.collect()
            for sample in family.samples
            if sample.name == f"nbstage_shadow_{name}" and wanted <= set(sample.labels.values())
        )

    def await_copies(self, result: str, count: int) -> None:
        wait_for(lambda: self.count("copies_total", result) == count)


@pytest.fixture
def tried(tmp_path: Path) -> Iterator[Tried]:
    with a_shadow() as found:
        work = serving(shadow_file=tmp_path / "shadow.json")
        yield Tried(work, client(work), found, tmp_path / "shadow.json")


def test_a_shadow_gets_the_bytes_that_came_and_a_token_of_its_own(tried: Tried) -> None:
    tried.tell()
    body = b' {"tenure":3, "monthly charge": 20.5,"auto":true,"contract":"month","size":"small"}'
    headers = {"content-type": "application/json", "authorization": "Bearer of-somebody"}
    assert tried.service.post("/predict", content=body, headers=headers).status_code == 200
    tried.await_copies("answered", 1)
    assert tried.shadow.got == [(body, f"Bearer {TOKEN}")]
    assert tried.count("rows_total", "same") == 1
    assert tried.count("rows_total", "otherwise") == 0


def test_what_is_refused_or_asked_elsewhere_is_not_copied(tried: Tried) -> None:
    tried.tell()
    assert tried.service.post("/predict", json={}).status_code == 422
    assert tried.service.get("/health").status_code == 200
    assert tried.count("requests_total") == 0


def test_predictions_that_differ_are_counted_with_the_largest_difference(tried: Tried) -> None:
    tried.tell()
    for score in (SCORE, SCORE + 0.25, SCORE - 0.5):
        tried.shadow.rows = [{"score": score, "leaves": score > SCORE - 0.1}]
        tried.ask()
        wait_for(lambda: tried.count("copies_total") == tried.count("requests_total"))
    assert tried.count("rows_total", "otherwise") == 2
    assert tried.count("rows_total", "same") == 1
    assert tried.count("values_different_total", "score") == 2
    assert tried.count("values_different_total", "leaves") == 1
    assert tried.count("largest_difference", "score") == pytest.approx(0.5)
    assert 'nbstage_shadow_copies_total{result="answered"' in tried.service.get("/metrics").text


def test_what_was_counted_is_read_again_whatever_a_field_is_called(tried: Tried) -> None:
    named = 'v1 "since" \\ now'
    hostile = ['a"b', "c\\n", "line\nend", "}{", 'x="y"', "back\\"]
    counts = tried.work.metrics.shadow
    for number, name in enumerate(hostile, 1):
        counts.values.labels(named, name).inc(number)
        counts.largest.labels(named, name).set(number / 2)
    counts.values.labels("another", "score").inc()
    text = tried.service.get("/metrics").text
    samples = [one for one in samples_in(text) if one.labels.get("shadow") == named]
    done = shadowed_from(Shadowed("churn", "v1", "v0", 60.0), samples)
    expected = {Differing(name, number, number / 2) for number, name in enumerate(hostile, 1)}
    assert {*done.fields} == expected


def test_nobody_waits_for_a_slow_shadow(tried: Tried) -> None:
    tried.tell()
    tried.shadow.open.clear()
    tried.ask(3)
    assert tried.shadow.got == []
    assert (tried.count("requests_total"), tried.count("copies_total")) == (3, 0)
    tried.shadow.open.set()
    tried.await_copies("answered", 3)


@pytest.mark.parametrize("most", ["MOST_COPIES", "MOST_BYTES"])
def test_more_than_may_wait_is_lost(
    most: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, most, {"MOST_COPIES": 1, "MOST_BYTES": 500}[most])
    with a_shadow() as found:
        work = serving(shadow_file=tmp_path / "shadow.json")
        tried = Tried(work, client(work), found, tmp_path / "shadow.json")
        tried.tell()
        found.open.clear()
        tried.ask(6)
        lost = tried.count("copies_total", "lost")
        assert 3 <= lost <= 5  # one is on its way
        found.open.set()
        tried.await_copies("answered", 6 - int(lost))


def test_a_shadow_that_is_too_late_has_failed(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow, "SECONDS", 0.1)
    tried.tell()
    tried.shadow.open.clear()
    tried.ask()
    tried.await_copies("failed", 1)
    tried.shadow.open.set()
    tried.ask()
    tried.await_copies("answered", 1)


@pytest.mark.parametrize(("status", "result"), [(500, "failed"), (503, "failed"), (422, "refused")])
def test_a_shadow_that_gives_no_predictions_is_counted(
    status: int, result: str, tried: Tried
) -> None:
    tried.tell()
    tried.shadow.status = status
    tried.ask(2)
    tried.await_copies(result, 2)
    assert tried.count("rows_total") == 0


def test_an_answer_with_other_rows_than_were_asked_for_has_failed(tried: Tried) -> None:
    tried.tell()
    tried.shadow.rows = [SAME, SAME]
    tried.ask()
    tried.await_copies("failed", 1)


def test_a_port_where_nobody_listens_gets_no_second_copy(tried: Tried) -> None:
    with a_shadow() as gone:
        tried.shadow.port = gone.port
    tried.tell()
    tried.ask()
    tried.await_copies("failed", 1)
    tried.ask(2)
    assert tried.count("requests_total") == 1


def test_without_its_file_there_is_no_shadow(tried: Tried) -> None:
    tried.ask()
    tried.tell()
    tried.ask()
    tried.await_copies("answered", 1)
    tried.file.unlink()
    tried.ask()
    assert tried.count("requests_total") == 1


def test_a_file_that_was_left_behind_counts_no_more(tried: Tried) -> None:
    tried.tell(seconds=-1)
    tried.ask()
    assert tried.count("requests_total") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"port": 0},
        {"port": 65536},
        {"port": "127.0.0.1:80"},
        {"token": "a\r\nb: c"},
        {"token": ""},
        {"until": "later"},
        {"shadow": 7},
        {"shadow": "x" * 201},
    ],
)
def test_a_file_that_makes_no_sense_tells_of_no_shadow(change: dict[str, object]) -> None:
    good = {"shadow": "v1", "port": 80, "token": TOKEN, "until": 1.5}
    assert parse_target(json.dumps(good)) is not None
    assert parse_target(json.dumps(good | change)) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 100_000])
def test_what_is_no_such_file_tells_of_no_shadow(text: str) -> None:
    assert parse_target(text) is None


def test_values_of_other_kinds_differ_without_a_distance() -> None:
    found = compare(
        [{"a": 1.0, "b": "x"}, {"a": None, "b": "x"}, {"a": 10**400, "b": True}, {"a": 2}],
        [{"a": "Infinity", "b": "y"}, {"a": 1.0, "b": "x"}, {"a": 0.5, "b": 1}, {"c": 2}],
    )
    assert found.rows == 4
    assert found.values == {"a": 3, "b": 2, "other": 1}
    assert found.largest == {}
