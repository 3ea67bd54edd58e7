"""The workflows of a release, run by `act`: from a merge to what is served, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.deployed import log, needs_caddy
from tests.e2e.releasing import a_released_project

pytestmark = [pytest.mark.slow, needs_caddy]
ALL = {"register": "success", "staging": "success", "production": "success"}
UNTIL_PRODUCTION = ALL | {"production": "failure"}


def test_what_is_merged_is_served_and_what_fails_in_production_is_taken_back(
    tmp_path: Path,
) -> None:
    with a_released_project(tmp_path) as released:
        assert released.release().jobs == ALL
        assert released.stages() == {"newest": "v1.0.0", "prod": "v1.0.0"}
        assert released.served() == ("v1.0.0", "v1.0.0")

        released.change("1.5")
        acted = released.release(failing="smoke production")
        assert acted.jobs == UNTIL_PRODUCTION
        assert acted.ran("Deploy") == "success"
        assert acted.ran("Serve the version before") == "success"
        assert acted.ran("Take the promotion back") == "success"
        assert released.stages() == {"newest": "v1.0.1", "prod": "v1.0.0"}
        assert released.served() == ("v1.0.1", "v1.0.0")
        did = [("deployed", "v1.0.0"), ("deployed", "v1.0.1"), ("rolled back", "v1.0.0")]
        assert log(released.production) == did

        again = released.release()  # of the same commit
        assert again.jobs == ALL
        assert "serves at 'staging' already" in again.printed
        assert released.stages() == {"newest": "v1.0.1", "prod": "v1.0.1"}
        assert released.served() == ("v1.0.1", "v1.0.1")

        assert released.roll_back("production").jobs == {"rollback": "success"}
        assert released.stages() == {"newest": "v1.0.1", "prod": "v1.0.0"}
        assert released.served() == ("v1.0.1", "v1.0.0")
