"""What `/predict` answers: predictions, or what is wrong with a request. No request makes a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from nbstage.serve.nouns import Limits
from nbstage.serve.server import quiet_since
from tests.unit.serving import BUNDLE, ROW, SCORE, as_json, client, errors, serving, wait_for

JSON = {"content-type": "application/json"}


@pytest.fixture
def service() -> TestClient:
    return client(serving())


def post(service: TestClient, body: bytes | str) -> tuple[int, str]:
    """The status, and the first thing that is said of the body."""
    answer = service.post("/predict", content=body, headers=JSON)
    return answer.status_code, str(errors(answer)[0]["message"])


# --- predictions


def test_one_row_is_an_object(service: TestClient) -> None:
    answer = service.post("/predict", json=ROW)
    assert answer.status_code == 200
    assert answer.json() == {
        "predictions": [{"score": pytest.approx(SCORE), "leaves": True}],
        "model": "churn",
        "version": "v1.2.0",
    }


def test_many_rows_are_a_list_and_keep_their_order(service: TestClient) -> None:
    rows = [ROW | {"tenure": tenure, "monthly charge": 0} for tenure in (5, 1, 3)]
    found = service.post("/predict", json=rows).json()["predictions"]
    assert [row["score"] for row in found] == pytest.approx([0.5, 0.1, 0.3])


def test_what_may_be_missing_is_null_or_left_out(service: TestClient) -> None:
    left_out = {name: value for name, value in ROW.items() if name != "monthly charge"}
    for row in (ROW | {"monthly charge": None}, left_out):
        found = service.post("/predict", json=row).json()["predictions"]
        assert found == [{"score": None, "leaves": False}]


def test_a_category_that_training_had_not_seen_goes_the_models_way(service: TestClient) -> None:
    assert service.post("/predict", json=ROW | {"contract": "decade"}).status_code == 200
    text = service.get("/metrics").text
    assert 'nbstage_unseen_categories_total{field="contract"} 1.0' in text


def test_an_infinite_prediction_is_a_text_as_json_has_no_infinity(service: TestClient) -> None:
    answer = service.post("/predict", json=ROW | {"contract": "endless"})
    assert answer.json()["predictions"][0]["score"] == "Infinity"


# --- rows that are wrong


def test_all_that_is_wrong_is_said_with_row_and_field(service: TestClient) -> None:
    wrong = ROW | {"tenure": "three", "nights": 1}
    without = {name: value for name, value in ROW.items() if name != "auto"}
    answer = service.post("/predict", json=[ROW, wrong, without, 7])
    assert answer.status_code == 422
    found = [(one["row"], one.get("field")) for one in errors(answer)]
    assert found == [(1, "nights"), (1, "tenure"), (2, "auto"), (3, None)]
    assert all(f"'{one['field']}'" in str(one["message"]) for one in errors(answer)[:3])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenure", 1.5),
        ("tenure", 2**63),
        ("tenure", True),
        ("tenure", None),
        ("tenure", [1]),
        ("monthly charge", "20"),
        ("monthly charge", 10**400),
        ("auto", 1),
        ("contract", 3),
        ("size", "medium"),
        ("since", "yesterday"),
        ("since", "9999999-01-01"),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(
    service: TestClient, field: str, value: object
) -> None:
    answer = service.post("/predict", json=ROW | {field: value})
    assert answer.status_code == 422
    assert [one["field"] for one in errors(answer)] == [field]


def test_a_number_too_large_for_a_float_is_refused(service: TestClient) -> None:
    body = as_json().replace("20.5", "1e999")
    assert service.post("/predict", content=body, headers=JSON).status_code == 422


def test_of_very_many_errors_the_first_are_listed_and_the_rest_counted(
    service: TestClient,
) -> None:
    answer = service.post("/predict", json=[{}] * 100)
    assert len(errors(answer)) == 100
    assert answer.json()["more"] == 300


def test_rows_that_the_model_cant_take_are_named(service: TestClient) -> None:
    rows = [ROW, ROW | {"contract": "strange"}, ROW]
    answer = service.post("/predict", json=rows)
    assert answer.status_code == 422
    assert errors(answer) == [
        {
            "message": "the model can't take this row: ValueError: "
            "Found unknown categories ['strange'] in column 0",
            "row": 1,
        }
    ]


@pytest.mark.parametrize(("contract", "status"), [("none", 422), ("exit", 500)])
def test_code_that_ends_loops_or_programs_ends_neither(
    service: TestClient, contract: str, status: int
) -> None:
    answer = service.post("/predict", json=[ROW, ROW | {"contract": contract}])
    assert answer.status_code == status
    assert service.post("/predict", json=ROW).status_code == 200


def test_what_fails_for_another_reason_is_the_services_own_fault_and_stands_in_its_log(
    service: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(service, as_json(contract="broken")) == (
        500,
        "the service failed; its log says why",
    )
    assert "OSError: the disk is gone" in capsys.readouterr().err
    assert service.post("/predict", json=ROW).status_code == 200


# --- bodies that are wrong


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not JSON: expecting value"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe{\x00}\x00", 400, "not UTF-8"),
        (b"\xef\xbb\xbf{}", 400, "not JSON"),
        (b'{"tenure": NaN}', 400, "it has no NaN; a missing value is null"),
        (b'{"tenure": -Infinity}', 400, "it has no -Infinity"),
        (b'{"tenure": 1, "tenure": 2}', 400, "the same key twice"),
        (b'{"contract": "\\ud800"}', 400, "half a surrogate pair"),
        (b'{"\\uDFFF": 1}', 400, "half a surrogate pair"),
        (b"[" * 100_000, 400, "nested too deeply"),
        (b'{"a":' * 100_000, 400, "nested too deeply"),
        (b'{"tenure": ' + b"9" * 5000 + b"}", 400, "too many digits"),
        (b'"a"', 422, "must be a row (an object), or a list of rows"),
        (b"null", 422, "must be a row"),
        (b"[]", 422, "the list has no row"),
    ],
)
def test_a_body_that_cant_be_understood_is_refused(
    service: TestClient, body: bytes, status: int, said: str
) -> None:
    found, message = post(service, body)
    assert found == status
    assert said in message


def test_a_whole_surrogate_pair_is_a_character(service: TestClient) -> None:
    body = json.dumps(ROW | {"contract": "\U0001f600"})
    assert "\\ud83d" in body
    assert service.post("/predict", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_another_content_type_is_refused(service: TestClient, kind: str) -> None:
    answer = service.post("/predict", content=as_json(), headers={"content-type": kind})
    assert answer.status_code == 415


def test_a_content_type_may_have_a_parameter(service: TestClient) -> None:
    kind = {"content-type": "Application/JSON; charset=utf-8"}
    assert service.post("/predict", content=as_json(), headers=kind).status_code == 200


# --- limits


def test_too_many_rows_are_refused() -> None:
    service = client(serving(limits=Limits(rows=2)))
    assert service.post("/predict", json=[ROW] * 2).status_code == 200
    answer = service.post("/predict", json=[ROW] * 3)
    assert answer.status_code == 422
    assert errors(answer) == [{"message": "the list has 3 rows; at most 2 are taken"}]


def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    service = client(serving(limits=Limits(body=1000)))
    told = {**JSON, "content-length": "9" * 30}
    assert service.post("/predict", content=b"[]", headers=told).status_code == 413
    asked = 0

    def chunks() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield b" " * 600

    assert service.post("/predict", content=_first(chunks(), 50), headers=JSON).status_code == 413


def _first(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield next(chunks)


def test_waiting_behind_others_makes_no_worker_stuck() -> None:
    work = serving(limits=Limits(seconds=0.9))
    service = client(work)

    def ask() -> int:
        return service.post("/predict", json=ROW | {"contract": "wait"}).status_code

    with ThreadPoolExecutor(3) as asking:
        statuses = set(asking.map(lambda _: ask(), range(3)))
    assert 503 in statuses
    assert not work.standing.stuck


def test_a_prediction_that_takes_too_long_is_given_up_and_the_worker_says_that_it_is_stuck() -> (
    None
):
    work = serving(limits=Limits(seconds=0.1))
    with client(work) as service:
        answer = service.post("/predict", json=ROW | {"contract": "long"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        wait_for(lambda: work.standing.stuck)
        health = service.get("/health")
    assert (health.status_code, health.json()["ready"]) == (503, False)
    assert health.headers["connection"] == "close"
    work.end()


def test_where_too_much_waits_already_a_request_is_sent_away() -> None:
    work = serving(limits=Limits(waiting=0, seconds=5))
    service = client(work)

    def ask() -> int:
        return service.post("/predict", json=ROW | {"contract": "wait"}).status_code

    with ThreadPoolExecutor(3) as asking:
        assert set(asking.map(lambda _: ask(), range(3))) == {200, 503}
    assert service.post("/predict", json=ROW).status_code == 200


def test_connections_are_quiet_as_long_as_no_request_comes() -> None:
    class Connection:
        cycle: SimpleNamespace | None = None

    silent, slow, busy = Connection(), Connection(), Connection()
    slow.cycle, busy.cycle = (SimpleNamespace(response_complete=done) for done in (True, False))
    quiet = quiet_since([silent, slow, busy], {}, 10.0)
    assert {one: since for one, (_, since) in quiet.items()} == {silent: 10.0, slow: 10.0}
    slow.cycle = SimpleNamespace(response_complete=True)  # another one came, and was answered
    quiet = quiet_since([silent, slow, busy], quiet, 20.0)
    assert {one: since for one, (_, since) in quiet.items()} == {silent: 10.0, slow: 20.0}


# --- the rest


def test_health_says_what_is_served(service: TestClient) -> None:
    about = {"model": "churn", "version": "v1.2.0", "commit": "3f2a"}
    assert service.get("/health").json() == {"live": True, "ready": True, **about}
    assert service.get("/health/ready").status_code == 200
    assert service.get("/health/live").json() == {"live": True}


def test_what_is_not_there_is_refused_in_the_same_shape(service: TestClient) -> None:
    assert (service.get("/nothing").status_code, service.get("/predict").status_code) == (404, 405)
    assert errors(service.get("/nothing")) == [{"message": "not found"}]


def test_each_answer_has_the_requests_name_and_takes_over_one_that_was_given(
    service: TestClient,
) -> None:
    given = service.get("/health", headers={"x-request-id": "order-17"})
    assert given.headers["x-request-id"] == "order-17"
    for name in ("", "a b", "x" * 200, "é"):
        answer = service.get("/health", headers={b"x-request-id": name.encode("latin-1")})
        assert len(answer.headers["x-request-id"]) == 16


def test_requests_rows_and_refused_fields_are_counted(service: TestClient) -> None:
    service.post("/predict", json=[ROW, ROW])
    service.post("/predict", json=ROW | {"tenure": "x", "strange": 1})
    service.get("/whatever")
    text = service.get("/metrics").text
    for line in (
        'nbstage_requests_total{path="/predict",status="200"} 1.0',
        'nbstage_requests_total{path="/predict",status="422"} 1.0',
        'nbstage_requests_total{path="other",status="404"} 1.0',
        "nbstage_rows_total 2.0",
        'nbstage_faulty_fields_total{field="tenure"} 1.0',
        'nbstage_faulty_fields_total{field="other"} 1.0',
        'nbstage_request_seconds_count{path="/predict"} 2.0',
        'nbstage_model{commit="3f2a",model="churn",version="v1.2.0"} 1.0',
    ):
        assert line in text


# --- the documentation


def test_the_schema_of_a_row_is_made_from_the_models_columns(service: TestClient) -> None:
    row = service.get("/openapi.json").json()["components"]["schemas"]["Row"]
    assert row["required"] == ["tenure", "auto", "contract", "size"]
    assert row["additionalProperties"] is False
    assert row["example"] == ROW
    fields = row["properties"]
    assert fields["tenure"]["type"] == "integer"
    assert fields["monthly charge"]["type"] == ["number", "null"]
    assert fields["auto"]["type"] == "boolean"
    assert fields["contract"]["description"] == "Seen in training: 'month', 'year'."
    assert fields["size"]["enum"] == ["large", "small"]
    assert fields["since"]["description"] == "A time as ISO 8601 has it, without its zone."


def test_the_page_needs_no_other_server(service: TestClient) -> None:
    page = service.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    assert service.get("/static-offline-docs/swagger-ui-bundle.js").status_code == 200


def test_a_models_notes_stand_on_the_page() -> None:
    work = serving()
    told = replace(BUNDLE, notes=("Trained on customers of 2025.",))
    work.predictor.bundle = told  # type: ignore[misc]
    document = client(work).get("/openapi.json").json()
    assert "customers of 2025" in document["info"]["description"]
