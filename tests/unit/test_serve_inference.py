"""The Open Inference Protocol: tensors in, tensors out, and the same checks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nbstage.serve.nouns import Limits
from tests.unit.serving import ROW, SCORE, client, errors, serving

TYPES = {"tenure": "INT64", "monthly charge": "FP64", "auto": "BOOL"}
INFER = "/v2/models/churn/infer"


@pytest.fixture
def service() -> TestClient:
    return client(serving(limits=Limits(rows=5)))


def tensor(name: str, values: Sequence[object]) -> dict[str, object]:
    """A tensor with a value for each row."""
    kind = TYPES.get(name, "BYTES")
    return {"name": name, "shape": [len(values)], "datatype": kind, "data": list(values)}


def tensors(count: int = 1, **changes: Sequence[object]) -> dict[str, object]:
    """The row so many times, with other values in some columns."""
    columns: dict[str, Sequence[object]] = {name: [value] * count for name, value in ROW.items()}
    columns |= changes
    return {"inputs": [tensor(name, values) for name, values in columns.items()]}


def test_a_tensor_for_each_column_gives_one_for_each_prediction(service: TestClient) -> None:
    asked = {"id": "mine", **tensors(2, tenure=[3, 1])}
    answer = service.post(INFER, json=asked)
    assert answer.json() == {
        "id": "mine",
        "model_name": "churn",
        "model_version": "v1.2.0",
        "outputs": [
            {
                "name": "score",
                "datatype": "FP64",
                "shape": [2],
                "data": pytest.approx([SCORE, SCORE - 0.2]),
            },
            {"name": "leaves", "datatype": "BOOL", "shape": [2], "data": [True, False]},
        ],
    }


def test_tensors_and_rows_give_the_same(service: TestClient) -> None:
    rows = service.post("/predict", json=[ROW] * 3).json()["predictions"]
    found = service.post("/v2/models/churn/versions/v1.2.0/infer", json=tensors(3))
    columns = {one["name"]: one["data"] for one in found.json()["outputs"]}
    assert [
        dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
    ] == (rows)


def test_a_column_of_a_matrix_is_taken_too(service: TestClient) -> None:
    asked = tensors(2)
    inputs: list[dict[str, object]] = asked["inputs"]  # type: ignore[assignment]
    inputs[0] |= {"shape": [2, 1], "data": [[3], [4]]}
    assert service.post(INFER, json=asked).status_code == 200


def test_what_is_missing_is_null(service: TestClient) -> None:
    asked = tensors(1, **{"monthly charge": [None]})
    assert service.post(INFER, json=asked).json()["outputs"][0]["data"] == [None]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "'inputs'"),
        ({}, "'inputs'"),
        ({"inputs": []}, "'inputs'"),
        ({"inputs": [1]}, "inputs[0] must be a tensor"),
        ({"inputs": [{"name": 1}]}, "inputs[0] must be a tensor"),
        ({"inputs": [tensor("tenure", [1]) | {"datatype": "INT"}]}, "must have a datatype"),
        ({"inputs": [tensor("tenure", [1]) | {"datatype": []}]}, "must have a datatype"),
        ({"inputs": [tensor("tenure", [1]) | {"shape": [2]}]}, "must have the shape [1]"),
        ({"inputs": [tensor("tenure", [1]) | {"shape": [True]}]}, "must have the shape [1]"),
        ({"inputs": [tensor("tenure", [1]) | {"data": 1}]}, "must have a list as data"),
        ({"inputs": [tensor("tenure", [])]}, "have 0 rows"),
        (tensors(6), "have 6 rows; 1 to 5 are taken"),
        (tensors(2, tenure=[1]), "different numbers of rows"),
        ({"inputs": [tensor("tenure", [1])] * 2}, "has the name 'tenure' of another one"),
        ({"inputs": [tensor("tenure", [[1, 2]])]}, "not a whole number"),
        (tensors(1, nights=[1]), "'nights' is no column"),
    ],
)
def test_tensors_that_are_wrong_are_refused(service: TestClient, body: object, told: str) -> None:
    answer = service.post(INFER, json=body)
    assert answer.status_code == 422
    assert any(told in str(one["message"]) for one in errors(answer))


def test_the_model_is_described(service: TestClient) -> None:
    told = service.get("/v2/models/churn").json()
    assert (told["name"], told["versions"]) == ("churn", ["v1.2.0"])
    assert told["inputs"][0] == {"name": "tenure", "datatype": "INT64", "shape": [-1]}
    assert [one["name"] for one in told["outputs"]] == ["score", "leaves"]
    assert service.get("/v2/models/churn/ready").json() == {"ready": True}


def test_other_models_and_versions_are_not_here(service: TestClient) -> None:
    for path in ("/v2/models/other", "/v2/models/other/ready"):
        assert service.get(path).status_code == 404
    for path in ("/v2/models/other/infer", "/v2/models/churn/versions/v1/infer"):
        assert service.post(path, json=tensors()).status_code == 404


def test_health_is_open_and_all_else_needs_a_token(tmp_path: Path) -> None:
    service = client(serving(open=False, tokens=tmp_path / "tokens"))
    assert service.get("/v2/health/live").json() == {"live": True}
    assert service.get("/v2/health/ready").json() == {"ready": True}
    assert service.get("/v2/models/churn").status_code == 401
    assert service.post(INFER, content=b"{").status_code == 401
