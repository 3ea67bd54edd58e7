"""Several notebooks in one project: what they share, and converting just one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from nbstage import app
from nbstage.model import Level, Problem
from tests.notebooks_as_text import ipynb


@dataclass(frozen=True)
class Project:
    root: Path

    def put(self, name: str, *cells: tuple[str, str]) -> str:
        """Write a notebook of cells, each with its tag and its source; gives its path."""
        text = "".join(f'# %% tags=["{tag}"]\n{source}\n' for tag, source in cells)
        return self.write(f"notebooks/{name}.ipynb", ipynb(text))

    def write(self, path: str, text: str) -> str:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)
        return path

    def convert(self, *paths: str) -> None:
        found = app.convert(self.root, paths).problems
        assert [problem for problem in found if problem.level is Level.ERROR] == []

    def refuses(self, *paths: str) -> Problem:
        """Convert what can't be converted; gives the only error."""
        before = self.files()
        found = app.convert(self.root, paths).problems
        assert self.files() == before
        (error,) = (problem for problem in found if problem.level is Level.ERROR)
        return error

    def files(self) -> dict[str, str]:
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        return {path.relative_to(self.root).as_posix(): path.read_text() for path in paths}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / ".git").mkdir()
    return Project(tmp_path)


# --- the others stay as they are


def test_converting_one_notebook_leaves_the_pipeline_of_the_others_byte_for_byte(
    project: Project,
) -> None:
    first = project.put("a", ("parameters", "n = 1"), ("stage:count", "rows = [n]"))
    second = project.put("b", ("stage:weigh", "kilos = [2]"), ("stage:tell", "print(kilos)"))
    project.convert()
    before = project.files()
    project.put("a", ("parameters", "n = 1"), ("stage:count", "rows = [n, n]"))
    project.put("b", ("stage:weigh", "kilos = [3]"), ("stage:say", "print(kilos)"))
    project.convert(first)
    after = project.files()
    changed = {path for path in after if after[path] != before.get(path)} - {first, second}
    assert changed == {"pipeline/count.py", ".nbstage/generated.json"}
    assert after.keys() == before.keys()


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_one_after_the_other_gives_what_all_at_once_gives(
    project: Project, tmp_path: Path, order: str
) -> None:
    for name in "ab":
        shared = ("functions", "UNIT = 3\ndef scale(x):\n    return UNIT * x")
        project.put(name, shared, (f"stage:{name}", f"{name} = scale(1)"))
    for name in order:
        project.convert(f"notebooks/{name}.ipynb")
    assert app.check(tmp_path).changes == ()


def test_a_module_that_another_notebook_still_uses_stays(project: Project) -> None:
    shared = ("functions", "def scale(x):\n    return 3 * x")
    first = project.put("a", shared, ("stage:one", "print(scale(1))"))
    project.put("b", shared, ("stage:two", "print(scale(2))"))
    project.convert()
    project.put("a", ("stage:one", "print(1)"))
    project.convert(first)
    assert "pipeline/helpers/scale.py" in project.files()


def test_another_notebook_that_can_not_be_read_is_no_hindrance(project: Project) -> None:
    project.write("notebooks/broken.ipynb", "{")
    project.convert(project.put("a", ("stage:one", "print(1)")))


# --- names


def test_a_stage_of_a_notebook_that_was_not_named_is_taken(project: Project) -> None:
    project.put("a", ("stage:load", "rows = 1"))
    error = project.refuses(project.put("b", ("stage:load", "rows = 2")))
    assert (error.code, error.place.path) == ("NBS116", "notebooks/b.ipynb")
    assert "'notebooks/a.ipynb'" in error.message


def test_the_notebook_that_was_converted_first_keeps_its_stage(project: Project) -> None:
    project.convert(project.put("b", ("stage:load", "rows = 1")))
    project.put("a", ("stage:load", "rows = 2"))
    assert project.refuses().place.path == "notebooks/a.ipynb"


def test_a_copy_of_a_notebook_is_one_problem(project: Project) -> None:
    for name in ("a", "copy of a"):
        project.put(name, ("stage:load", "rows = 1"), ("stage:show", "print(rows)"))
    error = project.refuses()
    assert "'load', 'show'" in error.message
    assert "copy" in error.hint


def test_stages_of_two_notebooks_that_differ_in_case_only_are_refused(project: Project) -> None:
    project.put("a", ("stage:load", "rows = 1"))
    assert project.refuses(project.put("b", ("stage:Load", "rows = 2"))).code == "NBS109"


@pytest.mark.parametrize("converted", [True, False])
def test_a_parameter_of_a_notebook_that_was_not_named_has_its_value(
    project: Project, *, converted: bool
) -> None:
    first = project.put("a", ("parameters", "seed = 1"), ("stage:one", "print(seed)"))
    if converted:
        project.convert(first)
    error = project.refuses(
        project.put("b", ("parameters", "seed = 2"), ("stage:two", "print(seed)"))
    )
    assert (error.code, error.place.line) == ("NBS117", 1)
    assert "is 2 here and 1 in 'notebooks/a.ipynb'" in error.message


def test_two_notebooks_may_share_a_parameter_of_one_value(project: Project) -> None:
    for name in "ab":
        project.put(name, ("parameters", "seed = 1"), (f"stage:{name}", "print(seed)"))
    project.convert("notebooks/b.ipynb")
    project.convert("notebooks/a.ipynb")
    assert project.files()["params.yaml"] == "seed: 1\n"


# --- definitions


def test_a_definition_that_differs_in_a_notebook_that_was_not_named_is_refused(
    project: Project,
) -> None:
    for name, factor in (("a", 2), ("b", 3)):
        definition = f"def scale(x):\n    return {factor} * x"
        project.put(name, ("functions", definition), (f"stage:{name}", "print(scale(1))"))
    error = project.refuses("notebooks/b.ipynb")
    assert (error.code, error.place.path) == ("NBS118", "notebooks/b.ipynb")


def test_a_definition_differs_if_a_constant_that_it_reads_differs(project: Project) -> None:
    for name, factor in (("a", 2), ("b", 3)):
        definition = f"FACTOR = {factor}\ndef scale(x):\n    return FACTOR * x"
        project.put(name, ("functions", definition), (f"stage:{name}", "print(scale(1))"))
    assert project.refuses().code == "NBS118"


def test_a_definition_that_a_notebook_needs_stays_though_it_can_not_be_read_now(
    project: Project,
) -> None:
    definition = "def scale(x):\n    return 2 * x"
    first = project.put("a", ("functions", definition), ("stage:one", "print(scale(1))"))
    project.convert(first)
    project.write(first, "{")
    definition = "def scale(x):\n    return 3 * x"
    second = project.put("b", ("functions", definition), ("stage:two", "print(scale(1))"))
    error = project.refuses(second)
    assert error.code == "NBS118"
    assert "'notebooks/a.ipynb'" in error.message


# --- files


WRITE = 'open("../{}", "w").write("x")'


def test_two_notebooks_that_write_one_file_are_refused(project: Project) -> None:
    project.put("a", ("stage:one", WRITE.format("data/out.txt")))
    second = project.put("b", ("stage:two", "x = 1\n" + WRITE.format("data/out.txt")))
    for paths in ((), (second,)):
        error = project.refuses(*paths)
        assert (error.code, error.place.path, error.place.line) == ("NBS240", second, 2)
        assert "stage 'one' of 'notebooks/a.ipynb' does too" in error.message


def test_what_a_notebook_wrote_when_it_was_converted_counts_too(project: Project) -> None:
    first = project.put("a", ("stage:one", WRITE.format("data/out.txt")))
    project.convert(first)
    project.put("a", ("stage:one", WRITE.format("data/other.txt")))
    second = project.put("b", ("stage:two", WRITE.format("data/out.txt")))
    assert project.refuses(second).code == "NBS240"
    project.convert()


def test_a_stage_may_not_write_what_a_stage_of_the_users_makes(project: Project) -> None:
    project.write("dvc.yaml", "stages:\n  get:\n    cmd: get\n    wdir: data\n    outs: [raw]\n")
    project.put("a", ("stage:one", WRITE.format("data/raw/out.txt")))
    error = project.refuses()
    assert error.code == "NBS240"
    assert "stage 'get' of your own makes 'data/raw'" in error.message


def test_a_stage_may_not_write_what_dvc_add_tracks(project: Project) -> None:
    project.write("data/out.txt.dvc", "outs: []\n")
    project.put("a", ("stage:one", WRITE.format("data/out.txt")))
    error = project.refuses()
    assert (error.code, error.place.line) == ("NBS240", 1)
    assert "dvc remove data/out.txt.dvc" in error.hint


def test_a_figure_in_the_folder_of_a_stages_plots_is_refused(project: Project) -> None:
    save = 'import matplotlib.pyplot as plt\nplt.savefig("../plots/one/figures/a.png")'
    project.put("a", ("stage:one", save), ("plots", 'curve = {"x": [1, 2]}'))
    error = project.refuses()
    assert (error.code, error.place.line) == ("NBS240", 2)
    assert "'plots/one/figures/a.png' would lie in 'plots/one/figures'" in error.message


def test_notebooks_that_wait_for_each_other_through_files_are_refused(project: Project) -> None:
    read = 'print(open("../data/{}").read())\n'
    project.put("a", ("stage:one", read.format("b") + WRITE.format("data/a")))
    project.put("b", ("stage:two", read.format("a") + WRITE.format("data/b")))
    error = project.refuses()
    assert error.code == "NBS211"
    assert "'one' -> 'two' -> 'one'" in error.message


def test_a_file_may_lead_from_one_notebook_to_another_and_on(project: Project) -> None:
    read = 'print(open("../data/{}").read())\n'
    project.put("a", ("stage:one", WRITE.format("data/a")))
    project.put("b", ("stage:two", read.format("a") + WRITE.format("data/b")))
    project.put("c", ("stage:three", read.format("b") + read.format("a")))
    project.convert()


@pytest.mark.parametrize("name", ["pipeline", "nbstage"])
@pytest.mark.parametrize("file", ["{}.py", "{}/__init__.py"])
def test_a_module_beside_the_notebook_may_not_be_called_like_the_pipeline(
    project: Project, name: str, file: str
) -> None:
    path = project.write(f"notebooks/{file.format(name)}", "def go():\n    return 1\n")
    project.put("a", ("imports", f"from {name} import go"), ("stage:one", "print(go())"))
    error = project.refuses()
    assert (error.code, error.place.path) == ("NBS404", "notebooks/a.ipynb")
    assert path in error.message
