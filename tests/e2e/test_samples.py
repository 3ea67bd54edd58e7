"""`tests/test_pipeline.py`, as `nbstage init` writes it: it runs the stages and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import new_project, percent

pytestmark = pytest.mark.slow

LETTERS = """
# %% tags=["stage:load"]
import pandas as pd
from pathlib import Path

rows = pd.DataFrame({"n": range(300)})

# %% tags=["stage:write"]
Path("../letters.txt").write_text(f"{len(rows)} rows")
half = rows[rows["n"] % 2 == 0]

# %% tags=["stage:picky"]
print(half.loc[298])
"""


def contents(root: Path) -> dict[str, bytes]:
    """All files of a project, but for what Python compiled."""
    paths = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def test_stages_run_on_samples_and_the_project_stays_as_it_is(tmp_path: Path) -> None:
    project = new_project(tmp_path / "project")
    waiting = project.run("pytest", "-rs", "tests")
    assert "there is no stage of a notebook yet: run `nbstage convert`" in waiting

    percent(project, "letters", LETTERS)
    project.convert()
    project.repro()
    before = contents(project.root)
    told = project.refuses("pytest", "-p", "no:cacheprovider", "tests")
    assert "1 failed, 2 passed, 1 skipped" in told
    assert "stage 'picky' failed with 100 rows of each table" in told
    assert "KeyError: 298" in told
    assert contents(project.root) == before
    assert project.read("letters.txt") == "300 rows"

    project.replace("tests/test_pipeline.py", "= {}", '= {"picky": None}')
    assert "3 passed, 1 skipped" in project.run("pytest", "tests")
