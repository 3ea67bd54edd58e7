"""Releases that get no further than staging, and those that meet another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.deployed import needs_caddy
from tests.e2e.releasing import a_released_project

pytestmark = [pytest.mark.slow, needs_caddy]


def test_a_model_that_does_not_pass_in_staging_never_gets_to_production(tmp_path: Path) -> None:
    with a_released_project(tmp_path) as released:
        text = released.project.read("pyproject.toml")
        too_slow = text.replace("latency = 20", "latency = 0.000001", 1)
        released.project.write("pyproject.toml", too_slow)
        released.merge()
        acted = released.release()
        assert acted.jobs == {"register": "success", "staging": "failure"}
        assert "its smoke test failed" in acted.printed
        assert acted.ran("Smoke test") == ""
        assert released.stages() == {"newest": "v1.0.0"}
        assert released.served() == ("", "")


def test_two_releases_of_a_commit_at_once_make_one_version(tmp_path: Path) -> None:
    with a_released_project(tmp_path) as released, ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: released.release("--job=register"), range(2)))
        outcomes = sorted(acted.jobs["register"] for acted in both)
        assert outcomes in (["failure", "success"], ["success", "success"])
        assert released.stages() == {"newest": "v1.0.0"}
        for acted in both:
            if acted.jobs["register"] == "failure":
                assert "somebody else" in acted.printed
        assert released.release("--job=register").jobs == {"register": "success"}
        assert released.stages() == {"newest": "v1.0.0"}
