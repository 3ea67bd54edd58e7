"""`nbstage init`: adds what is missing, overwrites nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from nbstage.errors import UserError
from nbstage.scaffold import programs
from nbstage.scaffold.adopt import Did, Step, adopt, advice
from nbstage.scaffold.merge import IGNORED, merge_gitignore, merge_pyproject

ROOT = Path(__file__).parent.parent.parent
PATTERNS = ("notebooks/*.ipynb",)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No programs run: git and DVC are folders, and the commands are kept."""
    ran: list[str] = []

    def run(name: str, command: list[str], folder: Path) -> None:
        ran.append(" ".join([name, *(word for word in command if word == "--subdir")]))
        (folder / {"git init": ".git", "dvc init": ".dvc"}[name]).mkdir()

    monkeypatch.setattr(programs, "_run", run)
    return ran


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def did(steps: tuple[Step, ...], what: str) -> Did:
    return next(step.did for step in steps if step.what == what)


def test_an_empty_folder_becomes_a_project(tmp_path: Path) -> None:
    project = tmp_path / "new" / "project"
    steps = adopt(project)
    assert {step.did for step in steps} == {Did.CREATED}
    found = set(contents(project))
    assert {
        ".dvc/config",
        ".gitignore",
        ".pre-commit-config.yaml",
        "data/.gitkeep",
        ".github/dependabot.yml",
        ".github/workflows/ci.yml",
        ".github/workflows/comment.yml",
        ".github/workflows/retrain.yml",
        "notebooks/first.ipynb",
        "pyproject.toml",
        "requirements.txt",
        "tests/test_pipeline.py",
    } <= found
    status = subprocess.run(["git", "status"], cwd=project, check=True, capture_output=True)
    assert b"No commits yet" in status.stdout


def test_the_repository_offers_the_hook_that_init_writes(tmp_path: Path) -> None:
    adopt(tmp_path)
    yaml = YAML(typ="safe")
    (written,) = yaml.load(tmp_path / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    (offered,) = yaml.load(ROOT / ".pre-commit-hooks.yaml")
    del offered["description"]
    assert offered == written


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    adopt(tmp_path)
    before = contents(tmp_path)
    steps = adopt(tmp_path)
    assert {step.did for step in steps} == {Did.KEPT}
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("quick")
def test_what_is_there_is_kept(tmp_path: Path) -> None:
    files = {
        ".git/HEAD": "ref",
        ".dvc/config": "",
        ".gitignore": "*.log\r\n/.venv\r\n",
        "pyproject.toml": '[project]\nname = "mine"',
        ".pre-commit-config.yaml": "repos: []\n",
        "notebooks/mine.ipynb": "{}",
        "data/x.csv": "a",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    steps = adopt(tmp_path)
    after = {path: (tmp_path / path).read_bytes().decode() for path in files}
    changed = {path for path, text in files.items() if after[path] != text}
    assert changed == {".gitignore", "pyproject.toml"}
    assert after[".gitignore"] == (
        "*.log\r\n/.venv\r\n__pycache__/\r\n.ipynb_checkpoints/\r\n.nbstage/lock\r\n"
    )
    assert after["pyproject.toml"].startswith('[project]\nname = "mine"\n\n[tool.nbstage]\n')
    assert not (tmp_path / "notebooks/first.ipynb").exists()
    assert not (tmp_path / "data/.gitkeep").exists()
    assert did(steps, ".gitignore") is Did.EXTENDED
    assert did(steps, "DVC") is Did.KEPT


def test_a_subfolder_of_a_repository_gets_a_dvc_of_its_own(
    tmp_path: Path, quick: list[str]
) -> None:
    (tmp_path / ".git").mkdir()
    adopt(tmp_path / "sub")
    assert quick == ["dvc init --subdir"]


def test_the_repositorys_dvc_serves_its_subfolders(tmp_path: Path, quick: list[str]) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dvc").mkdir()
    adopt(tmp_path / "sub")
    assert quick == []


def test_a_dvc_outside_of_the_repository_serves_nobody(tmp_path: Path, quick: list[str]) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "sub/.git").mkdir(parents=True)
    adopt(tmp_path / "sub")
    assert quick == ["dvc init"]


@pytest.mark.usefixtures("quick")
def test_notebooks_elsewhere_are_the_projects_notebooks(tmp_path: Path) -> None:
    (tmp_path / "mine.ipynb").write_text("{}")
    (tmp_path / "research").mkdir()
    (tmp_path / "research/more.ipynb").write_text("{}")
    steps = adopt(tmp_path)
    settings = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert settings["tool"]["nbstage"]["notebooks"] == ["*.ipynb", "research/*.ipynb"]
    assert not (tmp_path / "notebooks/first.ipynb").exists()
    assert "carry tags" in advice(tmp_path, steps)
    (tmp_path / "mine.ipynb").write_text('{"cells": [{"metadata": {"tags": ["stage:load"]}}]}')
    assert "carry tags" not in advice(tmp_path, steps)


@pytest.mark.usefixtures("quick")
def test_a_link_is_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.write_text("*.log\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / ".gitignore").symlink_to(shared)
    (project / "pyproject.toml").symlink_to(tmp_path / "nowhere")
    adopt(project)
    assert shared.read_text() == "*.log\n"
    assert not (tmp_path / "nowhere").exists()


def test_the_starter_notebook_is_valid_and_tagged() -> None:
    path = Path(programs.__file__).with_name("files") / "first.ipynb"
    document = json.loads(path.read_text(encoding="utf-8"))
    tags = [tag for cell in document["cells"] for tag in cell["metadata"].get("tags", [])]
    assert tags[:2] == ["imports", "parameters"]
    assert {"stage:load", "stage:split", "stage:train", "stage:evaluate", "metrics"} <= set(tags)
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(nbformat.from_dict(document))


def test_the_starter_notebooks_code_runs() -> None:
    pytest.importorskip("sklearn")
    path = Path(programs.__file__).with_name("files") / "first.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    exec("\n".join(code), names)
    assert isinstance(names["accuracy"], float)
    assert names["accuracy"] > 0.9


# --- what can go wrong


def test_a_missing_git_is_a_users_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="git is not installed"):
        adopt(tmp_path)


def test_a_missing_dvc_is_a_users_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="DVC is not installed"):
        adopt(tmp_path)


def test_what_a_program_says_is_in_the_error(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()  # no repository: DVC refuses
    with pytest.raises(UserError, match="`dvc init` failed"):
        adopt(tmp_path)


def test_the_variables_of_a_git_hook_do_not_lead_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    programs.init_git(tmp_path)
    assert (tmp_path / ".git/HEAD").exists()
    assert not (tmp_path / "other").exists()


def test_a_dvc_module_in_the_users_folder_is_not_run(tmp_path: Path) -> None:
    programs.init_git(tmp_path)
    (tmp_path / "dvc.py").write_text("raise SystemExit('not DVC')")
    programs.init_dvc(tmp_path, subfolder=False)
    assert (tmp_path / ".dvc/config").exists()


@pytest.mark.usefixtures("quick")
def test_a_file_in_a_folders_place_is_a_users_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(UserError, match=r"data' can't be written: File exists"):
        adopt(tmp_path)


@pytest.mark.usefixtures("quick")
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")

    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(UserError, match="Permission denied"):
        adopt(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "*.log\n"
    assert not list(tmp_path.glob(".gitignore.*"))


def test_a_broken_pyproject_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool\n")
    with pytest.raises(UserError, match="not valid TOML"):
        adopt(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pyproject.toml"]


# --- merging


def test_only_missing_lines_are_added_to_a_gitignore() -> None:
    assert merge_gitignore("") == "\n".join(IGNORED) + "\n"
    assert merge_gitignore("a") == "a\n" + "\n".join(IGNORED) + "\n"
    assert merge_gitignore(merge_gitignore("a")) == merge_gitignore("a")


@pytest.mark.parametrize(
    "text", ["", "# mine\n", "[project]\nname = 'x'", "[tool.ruff]\r\nline-length = 88\r\n"]
)
def test_a_pyproject_gets_the_table_once(text: str) -> None:
    merged = merge_pyproject(text, PATTERNS)
    assert merged.startswith(text)
    assert tomllib.loads(merged)["tool"]["nbstage"] == {
        "notebooks": list(PATTERNS),
        "gate": {},
    }
    assert merge_pyproject(merged, PATTERNS) == merged
    assert ("\r\n" in merged) == ("\r\n" in text)
    assert merged.count("\n") == merged.count("\r\n") or "\r\n" not in merged


def test_a_pyproject_that_takes_no_further_table_is_refused() -> None:
    with pytest.raises(UserError, match="can't be added") as caught:
        merge_pyproject("tool = {ruff = {}}\n", PATTERNS)
    assert "by hand" in caught.value.hint


@pytest.mark.slow
def test_a_new_projects_first_notebook_works_at_once(tmp_path: Path) -> None:
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": here, "DVC_NO_ANALYTICS": "1"}

    def run(*command: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    run("nbstage", "init")
    assert "create  pipeline/train.py" in run("nbstage", "convert")
    assert run("nbstage", "check") == "nothing to change\n"
    run("dvc", "repro")
    assert "accuracy" in (tmp_path / "metrics/evaluate.json").read_text()
    assert "up to date" in run("dvc", "repro")
