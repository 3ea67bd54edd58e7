"""What a project's tests import: samples of values, and the stages that can run on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from nbstage.convert.render.check_module import render_test
from nbstage.testing import checks_of, contracts_of, stages_of, takes
from nbstage.testing.checks import Taken
from nbstage.testing.project import missing, root_of, stages_in
from nbstage.testing.sample import sample


def test_rows_are_spread_evenly_and_stay_in_order() -> None:
    table = pd.DataFrame({"x": range(10)}, index=list("abcdefghij"))
    assert list(sample(table, 5)["x"]) == [0, 2, 4, 6, 8]
    assert list(sample(table["x"], 3)) == [0, 3, 6]
    assert list(sample(np.arange(10), 2)) == [0, 5]


def test_tables_of_one_length_still_fit_together() -> None:
    table, target = pd.DataFrame({"x": range(997)}), np.arange(997)
    assert list(sample(table, 100)["x"]) == list(sample(target, 100))


def test_what_is_small_enough_or_no_table_stays_as_it_is() -> None:
    for value in (
        pd.DataFrame({"x": [1, 2]}),
        np.arange(2),
        np.array(3),
        [1] * 9,
        "text",
        {"a": 1},
    ):
        assert sample(value, 5) is value


def test_of_several_values_in_one_file_each_is_sampled_and_one_twice_stays_one() -> None:
    table = pd.DataFrame({"x": range(10)})
    first, second, text = sample((table, table, "text"), 5)
    assert first is second
    assert len(first) == 5
    assert text == "text"


def test_a_sparse_matrix_keeps_its_format() -> None:
    matrix = sparse.coo_matrix(np.eye(10))
    assert sample(matrix, 5).shape == (5, 10)
    assert sample(matrix, 5).format == "coo"


def test_a_sample_shares_nothing_with_the_table() -> None:
    table = pd.DataFrame({"x": range(10)})
    part = sample(table, 5)
    part.loc[0, "x"] = 99
    assert table.loc[0, "x"] == 0


DVC_YAML = """
stages:
  load:
    cmd: python -m pipeline.load
    deps: [pipeline/load.py, data/a.csv]
  mine:
    cmd: ./mine.sh
    deps: [b]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    return tmp_path


def test_the_stages_of_notebooks_are_found_and_no_others(project: Path) -> None:
    assert stages_in(project) == {"load": ("pipeline/load.py", "data/a.csv")}
    assert stages_of(str(project / "tests/test_pipeline.py")) == ["load"]


def test_the_project_is_found_from_its_tests(project: Path) -> None:
    assert root_of(str(project / "tests/unit/test_a.py")) == project.resolve()


def test_what_is_not_there_yet_is_named(project: Path) -> None:
    (project / "data").mkdir()
    (project / "data/a.csv").touch()
    assert "'b' is not there yet" in missing(project, ("data/a.csv", "b"))
    assert missing(project, ("data/a.csv",)) == ""


@pytest.mark.parametrize("text", ["", "stages:\n", "stages: [a]\n", "- 1\n"])
def test_without_stages_there_is_one_case_and_it_is_skipped(project: Path, text: str) -> None:
    (project / "dvc.yaml").write_text(text)
    (case,) = stages_of(str(project / "tests/test_pipeline.py"))
    assert "nbstage convert" in str(getattr(case, "marks", ""))


def test_without_checks_or_contracts_there_is_one_case_and_it_is_skipped(project: Path) -> None:
    file = str(project / "tests/test_load.py")
    for (case,), reason in (
        (checks_of("load", file), "no cell tagged `check` belongs to stage 'load'"),
        (contracts_of(file), "there is no contract"),
    ):
        assert reason in str(case.marks)


def test_a_check_can_still_be_called_with_other_values() -> None:
    @takes("artifacts/load/n.json", params=["least"])
    def enough(n: int, *, least: int) -> bool:
        return n >= least

    assert enough(3, least=2)
    assert enough.__dict__["taken"] == Taken(("artifacts/load/n.json",), (), ("least",), ".", False)


CHECKS = """
from nbstage.testing import takes


@takes("n.json")
def enough(n):
    assert n == 3


@takes("n.json", params=["least"])
def at_least(n, *, least):
    assert n >= least
"""


def test_only_a_check_with_parameters_needs_their_file(tmp_path: Path) -> None:
    (tmp_path / "pipeline/checks").mkdir(parents=True)
    (tmp_path / "pipeline/checks/load.py").write_text(CHECKS)
    (tmp_path / "test_load.py").write_text(render_test("load"))
    (tmp_path / "n.json").write_text("3")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_load.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in done.stdout
    assert "there is no params.yaml in this folder" in done.stdout
    assert "During handling" not in done.stdout
