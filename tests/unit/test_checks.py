"""Check cells: what becomes a test, what the test takes, and what else may not change for it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from nbstage import app
from nbstage.model import Artifact, Level, PlannedStage, Problem
from tests.notebooks_as_text import ipynb

LOAD = ("stage:load", "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})")


class Project:
    """A project with one notebook of cells, each with its tags and its source."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, *cells: tuple[str, str]) -> None:
        tags = [", ".join(f'"{tag}"' for tag in tagged.split()) for tagged, _ in cells]
        text = "".join(
            f"# %% tags=[{quoted}]\n{source}\n"
            for quoted, (_, source) in zip(tags, cells, strict=True)
        )
        self.write("notebooks/nb.ipynb", ipynb(text))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def convert(self, *cells: tuple[str, str]) -> list[Problem]:
        """Convert a notebook of these cells; gives the notes."""
        self.put(*cells)
        found = app.convert(self.root, ("notebooks/nb.ipynb",)).problems
        assert [problem for problem in found if problem.level is Level.ERROR] == []
        return list(found)

    def codes(self, *cells: tuple[str, str]) -> set[str]:
        """The codes of the notes, but for the one on types that aren't known."""
        return {problem.code for problem in self.convert(*cells)} - {"NBS303"}

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def has(self, path: str) -> bool:
        return (self.root / path).exists()

    def stage(self, name: str) -> PlannedStage:
        stages = app.show(self.root, "notebooks/nb.ipynb").pipeline.stages
        return next(stage for stage in stages if stage.name == name)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / ".git").mkdir()
    return Project(tmp_path)


def functions(text: str) -> list[str]:
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]


def names(artifacts: tuple[Artifact, ...]) -> list[str]:
    return ["+".join(artifact.names) for artifact in artifacts]


def test_each_check_cell_is_a_function_called_as_its_comment_says(project: Project) -> None:
    first, second = ("check", "# It has rows.\nassert len(df)"), ("check", "assert 'a' in df")
    assert project.codes(LOAD, first, second) == set()
    assert functions(project.read("pipeline/checks/load.py")) == ["it_has_rows", "check_2"]
    assert project.stage("load").checks == ("it_has_rows", "check_2")


def test_what_a_check_reads_is_stored_though_no_stage_needs_it(project: Project) -> None:
    assert project.codes(LOAD, ("check", "assert len(df)")) == set()
    assert names(project.stage("load").outputs) == ["df"]
    assert "artifacts/load/df.parquet" in project.read("dvc.yaml")


def test_a_check_is_no_dependency_of_a_stage(project: Project) -> None:
    project.convert(LOAD, ("check", "assert len(df)"))
    assert "checks" not in project.read("dvc.yaml")


def test_an_edit_of_a_check_changes_its_module_alone(project: Project) -> None:
    project.convert(LOAD, ("check", "assert len(df)"))
    before = {path: project.read(path) for path in ("dvc.yaml", "pipeline/load.py")}
    project.put(LOAD, ("check", "assert len(df) == 2"))
    changes = app.convert(project.root, ("notebooks/nb.ipynb",)).changes
    assert [change.path for change in changes] == [
        "pipeline/checks/load.py",
        ".nbstage/generated.json",
    ]
    assert before == {path: project.read(path) for path in before}


def test_the_test_is_written_once_and_then_the_users(project: Project) -> None:
    check = ("check", "assert len(df)")
    project.convert(LOAD, check)
    project.write("tests/test_load.py", "# mine\n")
    project.convert(LOAD, check, ("check", "assert True"))
    assert project.read("tests/test_load.py") == "# mine\n"


def test_a_test_that_was_removed_does_not_come_back(project: Project) -> None:
    check = ("check", "assert len(df)")
    project.convert(LOAD, check)
    (project.root / "tests/test_load.py").unlink()
    project.convert(LOAD, check, ("check", "assert True"))
    assert not project.has("tests/test_load.py")


def test_without_check_cells_the_module_goes_and_the_test_stays(project: Project) -> None:
    project.convert(LOAD, ("check", "assert len(df)"))
    project.convert(LOAD)
    assert not project.has("pipeline/checks/load.py")
    assert project.has("tests/test_load.py")
    assert names(project.stage("load").outputs) == []


def test_a_check_sees_the_value_before_a_later_stage_changes_it(project: Project) -> None:
    later = ("stage:clean", "df['b'] = 1")
    assert project.codes(LOAD, ("check", "assert 'b' not in df"), later) == set()
    assert '@takes("artifacts/load/df.parquet"' in project.read("pipeline/checks/load.py")


def test_a_check_sees_the_value_as_a_later_stage_leaves_it(project: Project) -> None:
    later = ("stage:clean", "df['b'] = 1")
    assert project.codes(LOAD, later, ("check", "assert 'b' in df")) == set()
    assert '@takes("artifacts/clean/df.parquet"' in project.read("pipeline/checks/clean.py")


def test_a_check_of_a_value_that_its_stage_changes_later_is_noted(project: Project) -> None:
    again = ("stage:load", "df = df.dropna()")
    assert project.codes(LOAD, ("check", "assert len(df)"), again) == {"NBS309"}
    assert not project.has("pipeline/checks/load.py")
    assert names(project.stage("load").outputs) == []


def test_a_change_through_another_name_counts_too(project: Project) -> None:
    first = ("stage:a", "rows = [1]\nsame = rows")
    last = ("stage:a", "same.append(2)")
    assert project.codes(first, ("check", "assert rows == [1]"), last) == {"NBS309"}


def test_names_that_share_what_a_check_changes_stay_one(project: Project) -> None:
    first = ("stage:a", "rows = [1]\nsame = rows")
    assert project.codes(first, ("check", "same.append(2)\nassert rows == [1, 2]")) == set()
    assert 'bundles=["artifacts/a/rows+same.pkl"]' in project.read("pipeline/checks/a.py")


def test_one_check_that_can_be_no_test_leaves_the_others(project: Project) -> None:
    good, bad = ("check", "assert len(df)"), ("check", "assert nothing")
    assert project.codes(LOAD, good, bad) == {"NBS309"}
    assert functions(project.read("pipeline/checks/load.py")) == ["check_1"]


def test_a_check_may_name_its_stage(project: Project) -> None:
    other = ("stage:other", "n = 1")
    project.convert(LOAD, other, ("check stage:load", "assert len(df)"))
    assert project.has("pipeline/checks/load.py")
    assert not project.has("pipeline/checks/other.py")


def test_imports_helpers_and_constants_come_along(project: Project) -> None:
    helpers = ("functions", "LEAST = 1\n\ndef enough(table):\n    return len(table) >= LEAST")
    check = ("check", "import math\nassert enough(df) and math.isfinite(LEAST)")
    assert project.codes(helpers, LOAD, check) == set()
    text = project.read("pipeline/checks/load.py")
    assert "import math\n" in text
    assert "LEAST = 1\n" in text
    assert "from pipeline.helpers.enough import enough\n" in text


def test_a_check_without_an_assert_is_a_test_as_well(project: Project) -> None:
    assert project.codes(LOAD, ("check", "print(df.loc[0])")) == set()
    assert functions(project.read("pipeline/checks/load.py")) == ["check_1"]


def test_a_cell_that_only_defines_is_no_test(project: Project) -> None:
    define = ("check", "def whole(table):\n    return True")
    assert project.codes(LOAD, define, ("check", "assert whole(df)")) == set()
    assert functions(project.read("pipeline/checks/load.py")) == ["check_1"]


@pytest.mark.parametrize("name", ["df", "load", "print", "check_2", "pd"])
def test_a_test_is_called_by_a_name_that_nothing_else_has(project: Project, name: str) -> None:
    first = ("check", f"# {name}\nassert len(df) and pd and load")
    helper = ("functions", "def load():\n    return 1")
    project.convert(helper, LOAD, first, ("check", "assert True"))
    found = functions(project.read("pipeline/checks/load.py"))
    assert len(set(found)) == 2
    assert not {"df", "load", "print", "pd"} & set(found)


def test_the_users_own_takes_is_not_covered(project: Project) -> None:
    helper = ("functions", "def takes(n):\n    return n")
    project.convert(helper, LOAD, ("check", "assert takes(len(df))"))
    text = project.read("pipeline/checks/load.py")
    assert "from nbstage.testing import takes as takes_\n" in text
    assert "from pipeline.helpers.takes import takes\n" in text
    assert "@takes_(" in text


def test_a_check_changes_no_stages_module(project: Project) -> None:
    use = ("stage:use", "print(df)")
    project.convert(LOAD, use)
    before = project.read("pipeline/load.py"), project.read("pipeline/use.py")
    project.convert(LOAD, ("check", "assert len(df)"), use)
    assert before == (project.read("pipeline/load.py"), project.read("pipeline/use.py"))


def test_a_check_has_the_parameters_of_its_notebooks_section(project: Project) -> None:
    project.write("pyproject.toml", '[tool.nbstage.prefixes]\n"notebooks/nb.ipynb" = "first"\n')
    project.codes(("parameters", "least = 1"), LOAD, ("check", "assert len(df) >= least"))
    text = project.read("pipeline/checks/first_load.py")
    assert 'params=["least"], section="first"' in " ".join(text.split())


def test_a_figure_in_a_check_is_no_plot(project: Project) -> None:
    draw = ("check", "import matplotlib.pyplot as plt\nplt.plot(df['a'])\nplt.gcf()")
    assert project.codes(LOAD, draw) == set()
    assert "plots" not in project.read("dvc.yaml")
    assert "show" not in project.read("pipeline/checks/load.py")
