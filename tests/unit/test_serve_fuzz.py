"""Requests made up from the service's own OpenAPI document, right and wrong ones: no 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbstage.serve.nouns import Limits
from nbstage.serve.service import make_app
from tests.unit.serving import ROW, client, serving

pytestmark = pytest.mark.slow

HERE = {"host": "localhost"}
JSON = {"content-type": "application/json"}
SERVICE = client(serving(limits=Limits(rows=20)))
QUICKLY = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_request_makes_the_service_fail(mode: str) -> None:
    # Takes seconds to import, which all who collect tests would wait for.
    import schemathesis
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", make_app(serving(limits=Limits(rows=20))), headers=HERE
    )
    operation = schema["/predict"]["POST"]
    statuses: dict[int, int] = {}

    @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)))
    @settings(QUICKLY, max_examples=120)
    def ask(case: schemathesis.Case[Any]) -> None:
        answer = case.call(headers=HERE)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        # The document can't say which texts are times.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    ask()
    assert statuses[200 if mode == "positive" else 422] > 20


PARTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from([*ROW, "inputs", "INT64", "BYTES", [1], [1, 1]]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ROW, "inputs", "name", "shape", "datatype", "data", "id"]), inner
        )
    ),
    max_leaves=12,
)
TENSOR = st.fixed_dictionaries(
    {
        "name": st.sampled_from([*ROW]) | PARTS,
        "shape": st.just([1]) | PARTS,
        "datatype": st.just("BYTES") | PARTS,
        "data": st.lists(PARTS, min_size=1, max_size=1) | PARTS,
    }
)


@given(body=PARTS | st.fixed_dictionaries({"inputs": st.lists(TENSOR, max_size=3) | PARTS}))
@settings(QUICKLY, max_examples=200)
def test_no_json_at_all_makes_the_service_fail(body: object) -> None:
    for path in ("/predict", "/v2/models/churn/infer"):
        answer = SERVICE.post(path, content=json.dumps(body), headers=JSON)
        assert answer.status_code in (200, 422)


@given(body=st.binary(max_size=40))
@settings(QUICKLY, max_examples=100)
def test_no_bytes_at_all_make_the_service_fail(body: bytes) -> None:
    answer = SERVICE.post("/predict", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
