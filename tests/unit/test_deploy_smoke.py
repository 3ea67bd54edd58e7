"""What a smoke test says of a service, and what a canary goes by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.bundle import Bundle
from nbstage.deploy.asking import Service, service_at
from nbstage.deploy.canary import Counts, counts_in
from nbstage.deploy.smoke import passed, smoke
from nbstage.errors import UserError
from tests.deploying import Answers, answering, healthy, paper_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return paper_bundle(tmp_path / "bundle")


def said(answers: Answers, bundle: Bundle, latency: float = 10.0) -> dict[str, str]:
    """What the checks that failed say."""
    with answering(answers) as service:
        checks = smoke(service, bundle, latency)
    assert passed(checks) == all(check.ok for check in checks)
    return {check.what: check.told for check in checks if not check.ok}


def instead(path: str, status: int, answer: object) -> Answers:
    """A healthy service but for one path."""
    return lambda asked, body: (status, answer) if asked == path else healthy(asked, body)


def test_a_service_that_does_as_its_bundle_says_passes(bundle: Bundle) -> None:
    with answering(healthy) as service:
        checks = smoke(service, bundle, 10.0)
    assert [check.what for check in checks] == ["health", "version", "prediction", "latency"]
    assert passed(checks)
    assert checks[1].told == "churn v1.0.0"
    assert checks[2].told == "as recorded, for 2 examples"


def test_a_service_that_is_not_there_is_said_and_nothing_else(bundle: Bundle) -> None:
    checks = smoke(Service("http://127.0.0.1:9", "secret"), bundle, 1.0)
    assert [check.what for check in checks] == ["health"]
    assert checks[0].told.startswith("no answer: ")


@pytest.mark.parametrize(
    ("answers", "what", "told"),
    [
        (instead("/health/ready", 503, {"ready": False}), "health", 'status 503: {"ready": false}'),
        (
            instead("/health/ready", 200, {"model": "churn", "version": "v0.9.0"}),
            "version",
            "it serves version 'v0.9.0', not 'v1.0.0'; commit None, not '3f2a'",
        ),
        (instead("/health/ready", 200, b"ready"), "version", "it serves model None, not 'churn'"),
        (
            instead("/predict", 200, {"predictions": [{"score": 3.0}, {"score": 4.5}]}),
            "prediction",
            "it is not the recorded one: 'score' is 4.5 for 4.0 in row 2",
        ),
        (
            instead("/predict", 200, {"predictions": [{"score": 3.0}]}),
            "prediction",
            "it is not the recorded one: 1 rows for 2",
        ),
        (instead("/predict", 200, {"predictions": [1, 2]}), "prediction", "are no rows"),
        (instead("/predict", 200, b"["), "prediction", "the answer holds no predictions"),
        (instead("/predict", 500, {"errors": []}), "prediction", 'status 500: {"errors": []}'),
    ],
)
def test_what_is_wrong_is_said(answers: Answers, what: str, told: str, bundle: Bundle) -> None:
    assert told in said(answers, bundle)[what]


def test_a_token_that_is_refused_is_said(bundle: Bundle) -> None:
    with answering(healthy) as service:
        checks = smoke(replace(service, token="wrong"), bundle, 1.0)
    assert "status 401" in checks[0].told


def test_a_service_that_is_too_slow_fails(bundle: Bundle) -> None:
    assert "at most 0.001 ms are allowed" in said(healthy, bundle, 0.000001)["latency"]


def test_a_bundle_without_examples_is_said_to_prove_nothing(tmp_path: Path) -> None:
    bundle = paper_bundle(tmp_path / "bundle", examples=(), expected=())
    with answering(healthy) as service:
        checks = smoke(service, bundle, 10.0)
    assert checks[2].told == "the bundle has no example to compare with"


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://x", "http://", "http://x:y", "http://[x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="is no address of a service"):
        service_at(url)


METRICS = """\
# HELP nbstage_requests_total Requests answered.
nbstage_requests_total{path="/predict",status="200"} 8.0
nbstage_requests_total{path="/predict",status="422"} 1.0
nbstage_requests_total{path="/predict",status="500"} 2.0
nbstage_requests_total{path="/health",status="503"} 9.0
nbstage_request_seconds_sum{path="/predict"} 2.2
nbstage_request_seconds_sum{path="/health"} 7.0
nbstage_rows_total 8.0
"""


def test_what_a_service_counts_is_read() -> None:
    counts = counts_in(METRICS)
    assert counts == Counts(11, 2, 2.2)
    assert counts.mean == pytest.approx(0.2)
    assert counts.since(Counts(10, 2, 0.0)) == Counts(1, 0, 2.2)
    assert counts_in("nonsense") == Counts()
    assert Counts().failing == Counts().mean == 0.0
