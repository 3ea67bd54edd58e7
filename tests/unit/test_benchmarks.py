"""The benchmarks measure what they say: notebooks that convert, and a table in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.figures import Figure
from benchmarks.notebooks import STAGES, kale_notebook, long_notebook
from benchmarks.table import END, START, as_markdown, between_marks, missed
from nbstage.app import check


def stages_made(tmp_path: Path, text: str) -> int:
    """How many stages a notebook gives; it has to convert without a problem."""
    path = tmp_path / "notebooks" / "nb.ipynb"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    outcome = check(tmp_path, ("notebooks/nb.ipynb",))
    assert not outcome.problems
    modules = [change.path for change in outcome.changes if change.path.startswith("pipeline/")]
    return sum(path.count("/") == 1 for path in modules) - len(["__init__.py"])


@pytest.mark.parametrize("cells", [60, 120])
def test_the_long_notebook_has_its_cells_and_stages(tmp_path: Path, cells: int) -> None:
    text = long_notebook(cells)
    assert len(json.loads(text)["cells"]) == cells
    assert stages_made(tmp_path, text) == STAGES


def test_the_notebook_for_kale_has_four_stages(tmp_path: Path) -> None:
    assert stages_made(tmp_path, kale_notebook()) == 4


def test_the_table_takes_the_place_between_its_marks() -> None:
    page = f"before\n{START}\nold\n{END}\nafter\n"
    assert between_marks(page, "new") == f"before\n{START}\nnew\n{END}\nafter\n"
    assert between_marks("no marks", "new") == "no marks"


def test_a_missed_target_and_a_figure_that_is_lacking_are_told() -> None:
    slow = Figure("to think", 2.0, 1.0)
    lacking = Figure("to dream", None, remark="asleep")
    assert missed([slow, lacking, Figure("to look", 0.5, 1.0)]) == [slow]
    assert "| to think | 2.00 | < 1 |  |\n| to dream | - |  | asleep |" in as_markdown(
        [slow, lacking]
    )
