"""Modules edited as in an editor or a review, carried back, in a fresh project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
CHURN = "notebooks/churn.ipynb"


def run(folder: Path, *arguments: str, expect: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, (old, text)
    path.write_text(text.replace(old, new))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh project with the first notebook of `init`, converted and added to git."""
    folder = tmp_path / "project"
    folder.mkdir()
    run(folder, "nbstage", "init")
    run(folder, "nbstage", "convert", "--static")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    return folder


def test_an_edit_of_a_first_notebook_goes_back_and_the_pipeline_runs(project: Path) -> None:
    (notebook,) = (project / "notebooks").glob("*.ipynb")
    before = json.loads(notebook.read_text())
    module = next(
        path for path in sorted((project / "pipeline").glob("*.py")) if path.name[0] != "_"
    )
    lines = module.read_text().split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("def "))
    while '"""' not in lines[at]:
        at += 1
    # The first comment of a stage would be its docstring.
    lines[at + 1] += "  # said in a review"
    module.write_text("\n".join(lines))
    assert "nbstage sync" in run(project, "nbstage", "convert", "--static", expect=1)
    told = json.loads(run(project, "nbstage", "sync", "--json"))
    assert told["written"]
    assert len(told["cells"]) == 1
    after = json.loads(notebook.read_text())
    number = told["cells"][0]["cell"] - 1
    assert "".join(after["cells"][number].pop("source")).count("# said in a review") == 1
    before["cells"][number].pop("source")
    assert after == before
    run(project, "nbstage", "check")
    run(project, "dvc", "repro", "--quiet")


def test_two_sides_of_the_churn_notebook_are_merged_or_a_conflict(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name)
    run(folder, "nbstage", "init")
    run(folder, "nbstage", "convert", "--static")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    module = folder / "pipeline/helpers/snake_case.py"
    text = module.read_text()
    last = next(line for line in reversed(text.split("\n")) if line.strip())
    module.write_text(text.replace(last, f"{last}  # as the schema has it"))
    assert CHURN in run(folder, "nbstage", "sync")
    run(folder, "nbstage", "check")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    module.write_text(module.read_text().replace("the schema", "this schema"))
    edit(folder / CHURN, "# as the schema has it", "# as that schema has it")
    held = (folder / CHURN).read_bytes()
    told = run(folder, "nbstage", "sync", expect=1)
    assert "<<<<<<< pipeline/helpers/snake_case.py (as edited)" in told
    assert "this schema" in told
    assert "that schema" in told
    assert (folder / CHURN).read_bytes() == held
