"""The settings, the project's root and the notebooks that are meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbstage.config import find_root, parse_config, read_config
from nbstage.errors import UserError
from nbstage.model import Config
from nbstage.project import find_notebooks, name_notebooks


def write(root: Path, path: str, text: str = "") -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target


def notebook(*tags: str, source: str = "") -> str:
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}
    return json.dumps({"cells": [cell], "nbformat": 4}, indent=1)


TAGGED = notebook("hide-input", "stage:load")


# --- the settings


def test_no_pyproject_means_the_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path) == Config()


def test_a_pyproject_without_the_table_means_the_defaults() -> None:
    assert parse_config("[project]\nname = 'x'\n[tool.ruff]\n") == Config()


def test_every_key_is_read() -> None:
    text = """
        [tool.nbstage]
        notebooks = ["./analysis/*.ipynb", "one.py"]
        workdir = "."
        [tool.nbstage.formats]
        df = "parquet"
        train.model = "pickle"
        [tool.nbstage.stages.train]
        deps = ["src/features.py"]
    """
    assert parse_config(text) == Config(
        notebooks=("analysis/*.ipynb", "one.py"),
        workdir=".",
        formats={"df": "parquet", "train.model": "pickle"},
        deps={"train": ("src/features.py",)},
    )


def test_safe_is_read_and_allows_formats_that_run_no_code() -> None:
    text = """
        [tool.nbstage]
        safe = true
        [tool.nbstage.formats]
        model = "skops"
        train.df = "parquet"
    """
    assert parse_config(text) == Config(
        formats={"model": "skops", "train.df": "parquet"}, safe=True
    )


def test_safe_and_formats_that_run_code_are_a_mistake() -> None:
    text = """
        [tool.nbstage]
        safe = true
        [tool.nbstage.formats]
        df = "pickle"
        train.model = "joblib"
        x = "parket"
    """
    with pytest.raises(UserError) as caught:
        parse_config(text)
    assert caught.value.message.splitlines()[1:] == [
        "- tool.nbstage.formats.df: 'pickle' can run code when it is read, which safe = true "
        "does not allow",
        "- tool.nbstage.formats.train.model: 'joblib' can run code when it is read, which "
        "safe = true does not allow",
        "- tool.nbstage.formats.x: there is no format 'parket'; did you mean 'parquet'?",
    ]


def test_safe_is_true_or_false() -> None:
    with pytest.raises(UserError, match=r"safe must be true or false, not a text"):
        parse_config('[tool.nbstage]\nsafe = "yes"\n')


def test_all_mistakes_come_at_once_with_near_misses() -> None:
    text = """
        [tool.nbstage]
        notebook = "x"
        notebooks = ["/abs.ipynb", "../up.ipynb"]
        workdir = 1
        [tool.nbstage.formats]
        df = "parket"
        x = true
        [tool.nbstage.stages]
        a = 1
        [tool.nbstage.stages.train]
        dep = []
        deps = [1, ""]
    """
    with pytest.raises(UserError) as caught:
        parse_config(text)
    assert caught.value.message.splitlines() == [
        "[tool.nbstage] in pyproject.toml has 9 mistakes:",
        "- tool.nbstage has no key 'notebook'; did you mean 'notebooks'?",
        "- tool.nbstage.notebooks: '/abs.ipynb' is outside the project; paths start at its root",
        "- tool.nbstage.notebooks: '../up.ipynb' is outside the project; paths start at its root",
        "- tool.nbstage.workdir must be a text, not a number",
        "- tool.nbstage.formats.df: there is no format 'parket'; did you mean 'parquet'?",
        "- tool.nbstage.formats.x must be a text, not true or false",
        "- tool.nbstage.stages.a must be a table, not a number",
        "- tool.nbstage.stages.train has no key 'dep'; did you mean 'deps'?",
        "- tool.nbstage.stages.train.deps must be a list of texts; "
        "it has a number, an empty text in it",
    ]


@pytest.mark.parametrize("workdir", ["/abs", "../up", "", "C:\\x", "C:/x"])
def test_a_workdir_outside_the_project_is_refused(workdir: str) -> None:
    with pytest.raises(UserError, match="workdir"):
        parse_config(f"[tool.nbstage]\nworkdir = {json.dumps(workdir)}")


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match=r"tool\.nbstage must be a table, not a list"):
        parse_config("[tool]\nnbstage = []")


def test_invalid_toml_is_refused_with_its_place() -> None:
    with pytest.raises(UserError, match="line 2"):
        parse_config("[tool.nbstage]\nx = = 1\n")


def test_a_pyproject_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xff")
    with pytest.raises(UserError, match="UTF-8"):
        read_config(tmp_path)


# --- the root


@pytest.mark.parametrize("mark", ["dvc.yaml", ".dvc/config", ".git/HEAD"])
def test_the_root_is_the_nearest_folder_with_a_mark(tmp_path: Path, mark: str) -> None:
    write(tmp_path, ".git/HEAD")
    write(tmp_path, f"project/{mark}")
    inside = tmp_path / "project/notebooks/deep"
    inside.mkdir(parents=True)
    assert find_root(inside) == tmp_path / "project"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("[tool.nbstage]\n", True),
        ("[tool.nbstage.formats]\n", True),
        ("[tool.nbstage\n", True),  # broken, and said to be so when it is read
        ("[project]\nname = 'nbstage'\n", False),
        ("[tool.ruff]\n", False),
    ],
)
def test_a_pyproject_marks_the_root_if_it_has_the_table(
    tmp_path: Path, text: str, marks: bool
) -> None:
    write(tmp_path, ".git/HEAD")
    write(tmp_path, "project/pyproject.toml", text)
    assert find_root(tmp_path / "project") == (tmp_path / "project" if marks else tmp_path)


def test_no_root_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is in no project") as caught:
        find_root(tmp_path)
    assert "nbstage init" in caught.value.hint


# --- the notebooks


def test_notebooks_with_stage_tags_are_found(tmp_path: Path) -> None:
    write(tmp_path, "notebooks/b.ipynb", TAGGED)
    write(tmp_path, "notebooks/a.ipynb", notebook("block:load"))
    write(tmp_path, "notebooks/lines.ipynb", notebook(source="#| stage: load\nx = 1"))
    write(tmp_path, "notebooks/no.ipynb", notebook("hide-input", source='x = "stage:load"'))
    write(tmp_path, "notebooks/talk.ipynb", notebook(source='"tags": ["stage:load"]'))
    write(tmp_path, "notebooks/.ipynb_checkpoints/a.ipynb", TAGGED)
    write(tmp_path, "other/c.ipynb", TAGGED)
    assert find_notebooks(tmp_path, Config()) == (
        "notebooks/a.ipynb",
        "notebooks/b.ipynb",
        "notebooks/lines.ipynb",
    )


def test_a_notebook_whose_tags_got_lost_is_still_found(tmp_path: Path) -> None:
    write(tmp_path, "notebooks/a b.ipynb", notebook())
    write(tmp_path, "dvc.yaml", "stages:\n  x:\n    meta:\n      notebook: 'notebooks/a b.ipynb'\n")
    assert find_notebooks(tmp_path, Config()) == ("notebooks/a b.ipynb",)


def test_listed_paths_are_taken_as_they_are_and_patterns_by_tags(tmp_path: Path) -> None:
    write(tmp_path, "plain[1].ipynb", notebook())
    write(tmp_path, "deep/er/a.ipynb", TAGGED)
    write(tmp_path, "deep/er/b.ipynb", notebook())
    write(tmp_path, "s.py", '# %% tags=["stage:load"]\nx = 1\n')
    write(tmp_path, "t.py", 'x = "stage:load"\n')
    config = Config(notebooks=("plain[1].ipynb", "**/*.ipynb", "*.py"))
    assert find_notebooks(tmp_path, config) == ("deep/er/a.ipynb", "plain[1].ipynb", "s.py")


def test_no_tagged_notebook_is_a_users_error(tmp_path: Path) -> None:
    write(tmp_path, "notebooks/a.ipynb", notebook())
    with pytest.raises(UserError, match="no notebook with stage tags") as caught:
        find_notebooks(tmp_path, Config())
    assert "stage:load" in caught.value.hint


def test_a_listed_notebook_that_is_missing_is_a_users_error(tmp_path: Path) -> None:
    write(tmp_path, "notebooks/churn.ipynb", TAGGED)
    with pytest.raises(UserError, match=r"no notebook 'notebooks/chrun\.ipynb'") as caught:
        find_notebooks(tmp_path, Config(notebooks=("notebooks/chrun.ipynb",)))
    assert caught.value.hint == "did you mean 'notebooks/churn.ipynb'?"


def test_a_pattern_that_is_none_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        find_notebooks(tmp_path, Config(notebooks=("**.ipynb",)))


def test_names_are_relative_to_the_folder_they_are_typed_in(tmp_path: Path) -> None:
    write(tmp_path, "notebooks/a.ipynb", TAGGED)
    folder = tmp_path / "notebooks"
    names = ("a.ipynb", "../notebooks/a.ipynb", str(folder / "a.ipynb"))
    assert name_notebooks(tmp_path, folder, names) == ("notebooks/a.ipynb",)


def test_a_folder_stands_for_its_tagged_notebooks(tmp_path: Path) -> None:
    write(tmp_path, "a.ipynb", TAGGED)
    write(tmp_path, "b.ipynb", notebook())
    write(tmp_path, "nb[1]/c.ipynb", TAGGED)
    assert name_notebooks(tmp_path, tmp_path, (".", "nb[1]/")) == ("a.ipynb", "nb[1]/c.ipynb")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="'empty' has no notebook"):
        name_notebooks(tmp_path, tmp_path, ("empty",))


def test_a_notebook_outside_the_project_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.ipynb", TAGGED)
    root = tmp_path / "project"
    root.mkdir()
    with pytest.raises(UserError, match="outside the project"):
        name_notebooks(root, root, ("../a.ipynb",))


def test_a_project_reached_through_a_link_is_the_project(tmp_path: Path) -> None:
    write(tmp_path, "real/a.ipynb", TAGGED)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    root = tmp_path / "real"
    assert name_notebooks(root, root, (str(tmp_path / "link/a.ipynb"),)) == ("a.ipynb",)
