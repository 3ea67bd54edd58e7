"""Two releases that meet, and a version that gets no further than staging."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.deployed import needs_caddy
from tests.e2e.releasing import a_released_project

pytestmark = [pytest.mark.slow, needs_caddy]


def test_two_releases_at_once_make_one_version_that_has_to_pass_in_staging(tmp_path: Path) -> None:
    with a_released_project(tmp_path, staging_latency=0.000001) as released:
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: released.release("--job=register"), range(2)))
        outcomes = sorted(acted.jobs["register"] for acted in both)
        assert outcomes in (["failure", "success"], ["success", "success"])
        assert released.stages() == {"newest": "v1.0.0"}
        for acted in both:
            if acted.jobs["register"] == "failure":
                assert "somebody else" in acted.printed

        acted = released.release()
        assert acted.jobs == {"register": "success", "staging": "failure"}
        assert "its smoke test failed" in acted.printed
        assert acted.ran("Smoke test") == ""
        assert released.stages() == {"newest": "v1.0.0"}
        assert released.served() == ("", "")
