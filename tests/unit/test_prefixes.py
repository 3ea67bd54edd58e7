"""Several notebooks whose stages, parameters and helpers a prefix keeps apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from nbstage import app
from nbstage.app.parameters import params, params_to_notebook
from nbstage.errors import UserError
from nbstage.model import Level, Problem
from tests.notebooks_as_text import ipynb

EXPLORE = (
    ("parameters", "seed = 1  # of the draw\nunused = 2"),
    ("functions", "def scale(x):\n    return 2 * x"),
    ("stage:load", "rows = [scale(seed)]"),
    ("stage:show, after:load", "print(rows)"),
)
TRAIN = (
    ("parameters", "seed = 7"),
    ("functions", "def scale(x):\n    return 3 * x"),
    ("stage:load", "rows = [scale(seed)]"),
    ("metrics", "score = rows[0]"),
)


class Project:
    """A project on disk with notebooks of tagged cells and a table of prefixes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".git").mkdir()

    def put(self, name: str, *cells: tuple[str, str]) -> str:
        path = f"notebooks/{name}.ipynb"
        texts = [f"# %% tags={json.dumps(tags.split(', '))}\n{code}\n" for tags, code in cells]
        self.write(path, ipynb("".join(texts)))
        return path

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def prefixes(self, **prefixes: str) -> None:
        rows = [f'"notebooks/{name}.ipynb" = "{prefix}"\n' for name, prefix in prefixes.items()]
        self.write("pyproject.toml", f"[tool.nbstage.prefixes]\n{''.join(rows)}")

    def convert(self, *paths: str) -> None:
        assert self.errors(*paths) == []
        assert app.check(self.root).changes == () or paths

    def errors(self, *paths: str) -> list[Problem]:
        found = app.convert(self.root, paths).problems
        return [problem for problem in found if problem.level is Level.ERROR]

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def stages(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = YAML(typ="safe").load(self.read("dvc.yaml"))["stages"]
        return found

    def files(self) -> list[str]:
        found = (self.root / "pipeline").rglob("*.py")
        return sorted(path.relative_to(self.root / "pipeline").as_posix() for path in found)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


# --- names


def test_two_notebooks_may_call_everything_alike(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.put("train", *TRAIN)
    project.prefixes(explore="explore", train="train")
    project.convert()
    assert list(project.stages()) == ["explore_load", "explore_show", "train_load"]
    assert project.files() == [
        "__init__.py",
        "explore_load.py",
        "explore_show.py",
        "helpers/explore_scale.py",
        "helpers/train_scale.py",
        "train_load.py",
    ]
    assert project.read("params.yaml") == (
        "explore:\n  # of the draw\n  seed: 1\n  unused: 2\ntrain:\n  seed: 7\n"
    )


def test_one_prefix_is_enough(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.put("train", *TRAIN)
    project.prefixes(explore="explore")
    project.convert()
    assert list(project.stages()) == ["explore_load", "explore_show", "load"]
    assert project.read("params.yaml").endswith("seed: 7\n")


def test_a_stage_depends_on_the_key_in_its_section(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.convert()
    load = project.stages()["explore_load"]
    assert load["params"] == ["explore.seed"]
    assert load["outs"] == [
        "artifacts/explore_load/done.txt",
        "artifacts/explore_load/rows.pkl",
    ]
    assert '**params("seed", section="explore")' in project.read("pipeline/explore_load.py")


def test_after_names_a_stage_as_the_notebook_calls_it(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.convert()
    deps = project.stages()["explore_show"]["deps"]
    assert isinstance(deps, list)
    assert "artifacts/explore_load/done.txt" in deps


def test_a_check_belongs_to_the_stage_and_takes_from_the_section(project: Project) -> None:
    project.put("explore", *EXPLORE, ("check", "assert rows == [2 * seed]"))
    project.prefixes(explore="explore")
    project.convert()
    text = project.read("pipeline/checks/explore_show.py")
    assert 'section="explore"' in text
    assert 'checks_of("explore_show", __file__)' in project.read("tests/test_explore_show.py")


def test_settings_of_a_stage_use_the_name_with_the_prefix(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    text = project.read("pyproject.toml") + '[tool.nbstage.formats]\nexplore_load.rows = "joblib"\n'
    project.write("pyproject.toml", text + '[tool.nbstage.stages.explore_load]\ndeps = ["a.csv"]\n')
    project.convert()
    load = project.stages()["explore_load"]
    assert isinstance(load["deps"], list)
    assert isinstance(load["outs"], list)
    assert "a.csv" in load["deps"]
    assert "artifacts/explore_load/rows.joblib" in load["outs"]


def test_files_lead_from_one_notebook_with_a_prefix_to_another(project: Project) -> None:
    project.put("explore", ("stage:load", 'open("../data/rows.txt", "w").write("x")'))
    project.put("train", ("stage:load", 'text = open("../data/rows.txt").read()\nprint(text)'))
    project.prefixes(explore="explore", train="train")
    project.convert()
    stages = project.stages()
    assert stages["explore_load"]["outs"] == ["data/rows.txt"]
    assert isinstance(stages["train_load"]["deps"], list)
    assert "data/rows.txt" in stages["train_load"]["deps"]


def test_a_prefix_that_makes_the_name_of_another_stage_is_reported(project: Project) -> None:
    project.put("explore", ("stage:load", "rows = [1]\nprint(rows)"))
    project.put("train", ("stage:explore_load", "rows = [1]\nprint(rows)"))
    project.prefixes(explore="explore")
    (error,) = project.errors()
    assert error.code == "NBS116"


def test_a_parameter_called_like_a_section_is_reported(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.put("train", ("parameters", "explore = 1"), ("stage:fit", "print(explore)"))
    project.prefixes(explore="explore")
    (error,) = project.errors()
    assert (error.code, error.place.path) == ("NBS117", "notebooks/train.ipynb")
    assert "section" in error.message


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (("stage:load", "print(1)"), ("stage:load", "print(2)"), "NBS116"),
        (("parameters", "seed = 1"), ("parameters", "seed = 2"), "NBS117"),
    ],
)
def test_a_clash_names_the_setting_as_the_way_out(
    project: Project, one: tuple[str, str], other: tuple[str, str], code: str
) -> None:
    project.put("a", one, ("stage:a", "print(1)"))
    project.put("my report", other, ("stage:b", "print(2)"))
    (error,) = project.errors()
    assert error.code == code
    assert '[tool.nbstage.prefixes]\n"notebooks/my report.ipynb" = "my_report"' in error.hint


# --- values


def test_values_of_the_section_are_the_users(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.write("params.yaml", "explore:\n    seed: 5 # mine\n")
    project.convert()
    assert project.read("params.yaml") == "explore:\n    seed: 5 # mine\n    unused: 2\n"


def test_a_prefix_that_comes_later_takes_the_values_along(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.convert()
    project.write(
        "params.yaml", "top: 1\n\n# mine\nseed: 5   # five\nunused: [1,\n  2]\n\nlast: 1\n"
    )
    project.prefixes(explore="explore")
    project.convert()
    assert project.read("params.yaml") == (
        "top: 1\n\n\nlast: 1\nexplore:\n  # mine\n  seed: 5   # five\n  unused: [1,\n    2]\n"
    )
    assert list(project.stages()) == ["explore_load", "explore_show"]
    assert "load.py" not in project.files()


def test_a_prefix_that_goes_or_changes_takes_the_values_along(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.convert()
    project.write("params.yaml", "explore:\n  # mine\n  seed: 5\n  unused: 3\n")
    project.prefixes(explore="study")
    project.convert()
    assert project.read("params.yaml") == "study:\n  # mine\n  seed: 5\n  unused: 3\n"
    project.prefixes()
    project.convert()
    assert project.read("params.yaml") == "# mine\nseed: 5\nunused: 3\n"


def test_a_value_that_another_notebook_shares_stays_for_it(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.put("train", ("parameters", "seed = 1"), ("stage:fit", "print(seed)"))
    project.convert()
    project.write("params.yaml", "seed: 5\nunused: 2\n")
    project.prefixes(explore="explore")
    project.convert()
    assert project.read("params.yaml") == (
        "seed: 5\nexplore:\n  # of the draw\n  seed: 5\n  unused: 2\n"
    )


@pytest.mark.parametrize("use", ["params: [seed]", "cmd: echo ${seed}"])
def test_a_value_that_a_stage_of_the_users_takes_stays_for_it(project: Project, use: str) -> None:
    project.put("explore", *EXPLORE)
    cmd = "" if use.startswith("cmd") else "    cmd: echo\n"
    project.write("dvc.yaml", f"stages:\n  mine:\n{cmd}    {use}\n")
    project.convert()
    project.prefixes(explore="explore")
    project.convert()
    assert project.read("params.yaml").startswith("# of the draw\nseed: 1\n")
    assert "explore:\n  # of the draw\n  seed: 1\n" in project.read("params.yaml")


def test_a_key_that_was_never_the_notebooks_stays(project: Project) -> None:
    project.write("params.yaml", "seed: 5\n")
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.convert()
    assert project.read("params.yaml").startswith("seed: 5\nexplore:\n")
    assert "  seed: 1\n" in project.read("params.yaml")


def test_the_value_that_moves_counts_where_paths_are_made_of_it(project: Project) -> None:
    cells = ("parameters", 'name = "a"'), ("stage:load", 'open(f"../data/{name}", "w").write("x")')
    project.put("explore", *cells)
    project.convert()
    project.write("params.yaml", "name: b\n")
    project.prefixes(explore="explore")
    project.convert()
    assert project.stages()["explore_load"]["outs"] == ["data/b"]


def test_a_value_in_the_place_of_the_section_is_refused(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.write("params.yaml", "explore: 5\n")
    (error,) = project.errors()
    assert error.code == "NBS401"
    assert project.read("params.yaml") == "explore: 5\n"


def test_a_section_on_one_line_is_refused(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.write("params.yaml", "explore: {seed: 5}\n")
    (error,) = project.errors()
    assert error.code == "NBS401"


def test_an_edited_module_of_the_old_name_stays(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.convert()
    text = project.read("pipeline/load.py")
    project.write("pipeline/load.py", text.replace("rows = ", "rows = 2 * "))
    project.prefixes(explore="explore")
    found = app.convert(project.root).problems
    assert [(problem.code, problem.level) for problem in found] == [("NBS403", Level.NOTE)]
    assert "2 * " in project.read("pipeline/load.py")


def test_old_stages_leave_the_lock(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.convert()
    project.write("dvc.lock", "schema: '2.0'\nstages:\n  load:\n    cmd: x\n  mine:\n    cmd: y\n")
    project.prefixes(explore="explore")
    project.convert()
    assert project.read("dvc.lock") == "schema: '2.0'\nstages:\n  mine:\n    cmd: y\n"


# --- parameters of a notebook


def test_params_tells_the_key_and_the_value_of_the_section(project: Project) -> None:
    path = project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.write("params.yaml", "seed: 9\nexplore:\n  seed: 5\n")
    project.convert()
    row = params(project.root, path).rows[0]
    assert (row.name, row.key, row.value, row.stages) == (
        "seed",
        "explore.seed",
        5,
        ("explore_load",),
    )


def test_the_values_of_the_section_go_into_the_notebook(project: Project) -> None:
    path = project.put("explore", *EXPLORE)
    project.prefixes(explore="explore")
    project.write("params.yaml", "seed: 9\nexplore:\n  seed: 5\n  unused: 2\n")
    assert params_to_notebook(project.root, path).written == ("seed",)
    cells = json.loads(project.read(path))["cells"]
    assert "".join(cells[0]["source"]).startswith("seed = 5  # of the draw")


# --- the setting


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('"a.ipynb" = "1st"', "can't be '1st': it takes at most 40 letters"),
        ('"a.ipynb" = ""', "must be a text, not an empty text"),
        ('"a.ipynb" = 3', "must be a text, not a number"),
        ('"../a.ipynb" = "a"', "is outside the project"),
        ('a.ipynb = "a"', "put the notebook's path in quotes"),
        ('"a.ipynb" = "x"\n"b.ipynb" = "X"', "'X' is the prefix of 'a.ipynb' already"),
    ],
)
def test_a_mistake_in_the_setting_is_told(project: Project, lines: str, said: str) -> None:
    project.write("pyproject.toml", f"[tool.nbstage.prefixes]\n{lines}\n")
    with pytest.raises(UserError) as refused:
        app.check(project.root)
    assert said in refused.value.message


def test_all_mistakes_are_told_at_once(project: Project) -> None:
    project.write("pyproject.toml", '[tool.nbstage.prefixes]\n"a.ipynb" = "1"\n"b.ipynb" = 2\n')
    with pytest.raises(UserError, match="2 mistakes"):
        app.check(project.root)


def test_a_prefix_of_a_notebook_that_is_not_there_is_told(project: Project) -> None:
    project.put("explore", *EXPLORE)
    project.prefixes(explored="explore")
    with pytest.raises(UserError) as refused:
        app.check(project.root)
    assert "notebooks/explored.ipynb" in refused.value.message
