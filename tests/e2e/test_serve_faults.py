"""What goes wrong around a service, and that nobody else notices: real processes, real signals."""

from __future__ import annotations

import json
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.load import Load, Shot, run_load
from tests.e2e.served import Served, row, service_of_model
from tests.unit.serving import wait_for

pytestmark = pytest.mark.slow

BODY = json.dumps(row()).encode()


@pytest.fixture(scope="module")
def two() -> Iterator[Served]:
    """Two workers, for tests that leave two behind."""
    limits = "workers=2, limits=Limits(seconds=2)"
    with service_of_model(limits) as served:
        yield served


def under_load(served: Served, seconds: float, *, keep: bool, do: threading.Timer) -> Load:
    """What becomes of requests on eight connections while something is done."""
    do.start()
    found = run_load(Shot(served.port, BODY, connections=8, keep=keep), seconds)
    do.join()
    print(len(found.seconds), found.statuses, found.lost, len(found.refused))
    return found


def test_a_killed_worker_takes_no_request_along_but_its_own_and_is_replaced(two: Served) -> None:
    first, second = two.workers()
    before = two.count("nbstage_rows_total")
    kill = threading.Timer(0.5, os.kill, (first, signal.SIGKILL))
    found = under_load(two, 1.5, keep=False, do=kill)
    assert found.statuses == {200: len(found.seconds)}
    assert found.refused == []
    assert len(found.lost) <= 8  # those that the worker had in its hands
    two.has_said(f"worker {first} was ended by SIGKILL; another one takes its place")
    wait_for(lambda: len(two.workers()) == 2, seconds=60)
    wait_for(lambda: two.count("nbstage_model") == 2, seconds=60)
    assert second in two.workers()
    assert two.count("nbstage_rows_total") >= before + len(found.seconds)


def test_a_worker_whose_prediction_never_ends_is_replaced(two: Served) -> None:
    before = set(two.workers())
    status, text = two.ask(row(contract="forever"))
    assert (status, "took longer than 2 s" in text) == (503, True)
    two.has_said("ended, as a prediction didn't")
    wait_for(lambda: two.count("nbstage_model") == 2, seconds=60)
    assert len(before & set(two.workers())) == 1
    assert two.ask(row())[0] == 200


def test_a_storm_of_wrong_requests_holds_up_nobody_and_makes_no_failure(two: Served) -> None:
    storm = Shot(two.port, b'{"tenure": NaN}' * 100, connections=4)
    wrong: list[Load] = []
    raging = threading.Thread(target=lambda: wrong.append(run_load(storm, 1)))
    raging.start()
    good = run_load(Shot(two.port, BODY, connections=2), 1)
    raging.join()
    assert set(good.statuses) == {200}
    assert set(wrong[0].statuses) == {400}
    assert good.lost == wrong[0].lost == []


def test_the_workers_counts_are_one_sum(two: Served) -> None:
    before = two.count("nbstage_rows_total")
    run_load(Shot(two.port, json.dumps([row()] * 3).encode(), connections=8, keep=False), 0.5)
    after = two.count("nbstage_rows_total")
    assert after > before
    assert after == two.count("nbstage_rows_total")


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_ended_answers_all_that_was_asked(by: signal.Signals) -> None:
    with service_of_model("workers=2, drain=0.5") as served:
        slow: list[tuple[int, str]] = []
        asking = threading.Thread(target=lambda: slow.append(served.ask(row(contract="wait"))))

        def end() -> None:
            asking.start()
            time.sleep(0.1)
            os.kill(served.process.pid, by)

        found = under_load(served, 2.5, keep=False, do=threading.Timer(0.5, end))
        asking.join()
        assert slow[0][0] == 200
        assert set(found.statuses) == {200}
        assert found.lost == []
        assert served.process.wait(timeout=30) == 0


def test_workers_end_where_their_parent_is_killed() -> None:
    with service_of_model("drain=0.1") as served:
        (worker,) = served.workers()
        served.process.kill()
        served.process.wait()
        wait_for(lambda: not Path(f"/proc/{worker}").exists(), seconds=60)


def test_a_second_signal_ends_it_at_once() -> None:
    with service_of_model("drain=60") as served:
        served.process.send_signal(signal.SIGTERM)
        wait_for(lambda: served.ask(None, "/health")[0] == 503)
        assert served.ask(row())[0] == 200
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(timeout=30)  # less than it would take by itself, by a minute


def test_a_disk_that_is_full_fails_no_request(tmp_path: Path) -> None:
    def small() -> None:
        """Files may have so many bytes, as if there were no more room."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    how = f"logging=Logging(Path({str(tmp_path)!r}))"
    with service_of_model(how, limit=small) as served:
        many = [row()] * 1500  # more lines than that, at once
        assert served.ask(row())[0] == 200
        wait_for(lambda: len(_lines(tmp_path)) == 1)
        assert [served.ask(rows)[0] for rows in (many, many)] == [200] * 2
        wait_for(lambda: served.count("nbstage_log_lines_lost_total") >= 3000)
        assert served.ask(row())[0] == 200
        assert served.end() == 0
    said = [line for line in served.said if "can't be logged" in line]
    assert len(said) == 1
    assert [json.loads(line)["row"] for line in _lines(tmp_path)] == [0, 0]


def _lines(folder: Path) -> list[str]:
    return [line for file in folder.iterdir() for line in file.read_text().splitlines()]
