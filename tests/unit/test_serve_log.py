"""The log of predictions: what stands in it, when a file ends, and what a full disk does."""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nbstage.serve.log import MOST_ROWS, Entry, PredictionLog
from nbstage.serve.nouns import Logging
from tests.unit.serving import BUNDLE, ROW, SCORE, client, serving, wait_for

NOW = datetime(2026, 11, 21, 19, 30, 5, 123456, tzinfo=UTC)


class Lost:
    """Counts what is said to be lost."""

    def __init__(self) -> None:
        self.rows = 0
        self.errors: list[OSError | None] = []

    def __call__(self, rows: int, error: OSError | None) -> None:
        self.rows += rows
        self.errors.append(error)


class Clock:
    """A time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def log_in(
    folder: Path, lost: Lost | None = None, clock: Clock | None = None, **kept: object
) -> PredictionLog:
    logging = Logging(folder, **kept)  # type: ignore[arg-type]
    return PredictionLog(folder, logging, BUNDLE, lost or Lost(), clock or Clock())


def add(log: PredictionLog, score: float = 0.5) -> None:
    """Log one prediction."""
    log.add(log.lines(Entry(NOW, "r1", (ROW,), ({"score": score},))))


def lines(folder: Path) -> list[dict[str, object]]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_a_line_holds_when_what_and_which_version_and_no_field_of_the_row(tmp_path: Path) -> None:
    log = log_in(tmp_path / "log")
    add(log)
    log.write()
    assert lines(tmp_path / "log") == [
        {
            "time": "2026-11-21T19:30:05.123Z",
            "request": "r1",
            "row": 0,
            "model": "churn",
            "version": "v1.2.0",
            "prediction": {"score": 0.5},
        }
    ]
    assert next((tmp_path / "log").glob("*.jsonl")).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "log/.gitignore").read_text() == "*\n"


def test_fields_that_are_allowed_stand_in_it(tmp_path: Path) -> None:
    log = log_in(tmp_path, fields=("tenure", "contract"))
    add(log)
    log.write()
    assert lines(tmp_path)[0]["inputs"] == {"tenure": 3, "contract": "month"}


def test_a_file_ends_with_its_day_and_when_it_is_full(tmp_path: Path) -> None:
    clock = Clock()
    log = log_in(tmp_path, clock=clock, file_bytes=200)
    for hour in (0, 1, 2, 24):
        clock.time = NOW + timedelta(hours=hour)
        add(log)
        log.write()
    names = sorted(file.name[:13] for file in tmp_path.iterdir())
    assert names == ["2026-11-21T19", "2026-11-21T21", "2026-11-22T19"]
    assert len(lines(tmp_path)) == 4


def test_the_oldest_files_make_room_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "2026-notes.jsonl").write_text("mine")
    clock = Clock()
    log = log_in(tmp_path, clock=clock, file_bytes=100, all_bytes=400)
    for hour in range(8):
        clock.time = NOW + timedelta(hours=hour)
        add(log, score=hour)
        log.write()
    assert (tmp_path / "2026-notes.jsonl").read_text() == "mine"
    (tmp_path / "2026-notes.jsonl").unlink()
    kept = [one["prediction"] for one in lines(tmp_path)]
    assert kept == [{"score": 5}, {"score": 6}, {"score": 7}]


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    lost, clock = Lost(), Clock()
    log = log_in(tmp_path, lost, clock)
    add(log)
    log.write()
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    file.unlink()
    file.symlink_to("/dev/full")
    add(log)
    add(log)
    log.write()
    assert lost.rows == 2
    assert [error.errno for error in lost.errors if error] == [28]
    file.unlink()
    file.write_bytes(before)
    clock.time = NOW + timedelta(seconds=1)
    add(log)
    log.write()
    assert len(lines(tmp_path)) == 2


def test_a_disk_that_stays_full_is_not_littered_with_empty_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Lost()
    log = log_in(tmp_path, lost)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    for _ in range(3):
        add(log)
        log.write()
    assert lost.rows == 3
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    add(log)
    log.write()
    assert len(lines(tmp_path)) == 1


def test_more_than_can_be_written_is_lost_and_counted(tmp_path: Path) -> None:
    lost = Lost()
    log = log_in(tmp_path, lost)
    many = ("{}\n",) * MOST_ROWS
    log.add(many)
    log.add(many)
    assert (lost.rows, lost.errors) == (MOST_ROWS, [None])


def test_what_waits_is_written_at_the_end(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    log.start()
    add(log)
    log.close()
    assert len(lines(tmp_path)) == 1


# --- with the service


def test_a_service_logs_what_it_predicted_and_not_what_it_refused(tmp_path: Path) -> None:
    work = serving(logging=Logging(tmp_path / "log", fields=("tenure",)))
    work.begin()
    service = client(work)
    service.post("/predict", json=[ROW, ROW], headers={"x-request-id": "mine"})
    service.post("/predict", json=[ROW, {}])
    work.end()
    found = lines(tmp_path / "log")
    assert [(one["request"], one["row"]) for one in found] == [("mine", 0), ("mine", 1)]
    assert found[0]["prediction"] == {"score": pytest.approx(SCORE), "leaves": True}
    assert found[0]["inputs"] == {"tenure": 3}


def test_where_the_log_cant_be_written_requests_are_answered_and_that_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    work = serving(logging=Logging(tmp_path / "file"))
    work.begin()
    service = client(work)
    for _ in range(2):
        assert service.post("/predict", json=ROW).status_code == 200
        count = work.log._written  # type: ignore[union-attr]
        wait_for(lambda count=count: work.log._written > count)  # type: ignore[misc, union-attr]
    work.end()
    said = capsys.readouterr().err
    assert said.count("can't be logged") == 1
    assert "nbstage_log_lines_lost_total 2.0" in service.get("/metrics").text
