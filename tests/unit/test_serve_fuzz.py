"""Requests made up from the service's own OpenAPI document, right and wrong ones: no 500."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from nbstage.serve.nouns import Limits
from nbstage.serve.service import make_app
from tests.unit.serving import serving

pytestmark = pytest.mark.slow

HERE = {"host": "localhost"}


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
    @settings(
        max_examples=120,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case[Any]) -> None:
        answer = case.call(headers=HERE)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        # The document can't say which texts are times.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    ask()
    assert statuses[200 if mode == "positive" else 422] > 20
