"""Check cells as tests, in a project made with `nbstage init`: as a user would go about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Project, new_project, percent

pytestmark = pytest.mark.slow

TRIPS = """
# %% tags=["imports"]
import pandas as pd

# %% tags=["parameters"]
factor = 2

# %% tags=["stage:load"]
trips = pd.DataFrame({"id": range(4), "km": [1.0, 2.0, 3.0, 4.0]})

# %% tags=["check"]
# No trip is there twice.
assert trips["id"].is_unique

# %% tags=["stage:price"]
prices = trips["km"] * factor
total = float(prices.sum())

# %% tags=["check"]
# The total is what was agreed.
assert total == 20.0
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A project as `nbstage init` makes it, with a notebook of its user's."""
    project = new_project(tmp_path / "project")
    percent(project, "trips", TRIPS)
    return project


def test_a_check_holds_until_the_pipeline_makes_something_else(fresh: Project) -> None:
    fresh.convert()
    waiting = fresh.run("pytest", "-rs", "tests/test_load.py", "tests/test_price.py")
    assert "2 skipped" in waiting
    assert "run `dvc repro`" in waiting
    fresh.repro()
    assert "2 passed" in fresh.run("pytest", "tests/test_load.py", "tests/test_price.py")

    fresh.replace("params.yaml", "factor: 2", "factor: 3")
    fresh.repro()
    told = fresh.refuses("pytest", "tests/test_load.py", "tests/test_price.py")
    assert "1 failed, 1 passed" in told
    assert "test_price[the_total_is_what_was_agreed]" in told
    assert "assert 30.0 == 20.0" in told

    before = {path: fresh.read(path) for path in ("dvc.yaml", "dvc.lock", "tests/test_price.py")}
    percent(fresh, "trips", TRIPS.replace("total == 20.0", "total == 30.0"))
    changed = fresh.convert()
    assert "update  pipeline/checks/price.py" in changed
    assert changed.count("update") == 2  # and the record of what nbstage wrote
    assert before == {path: fresh.read(path) for path in before}
    assert "up to date" in fresh.run("dvc", "status")
    # From another folder, as an editor may run it.
    tests = Project(fresh.root / "tests")
    assert "2 passed" in tests.run("pytest", "test_load.py", "test_price.py")

    percent(fresh, "trips", TRIPS.replace('["check"]', '["skip"]'))
    assert "delete  pipeline/checks/price.py" in fresh.convert()
    left = fresh.run("pytest", "-rs", "tests/test_price.py")
    assert "no cell tagged `check` belongs to stage 'price' any more" in left
