"""Commits pass the hook or are stopped, and notebooks that other tools clean stay in step."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Project, initialised
from tests.notebooks_as_text import ipynb

pytestmark = pytest.mark.slow

NOTEBOOK = "notebooks/prices.ipynb"
#: What its functions do is left to a trace.
SHOP = """
def offers():
    return [3.0, 1.0, 2.0]


def sort(prices):
    prices.sort()
"""
TEXT = """
# %% tags=["imports"]
import shop
# %%

# %% tags=["parameters"]
most = 2
# %% tags=["stage:load"]
prices = shop.offers()
prices
# %% tags=["stage:pick"]
shop.sort(prices)
best = prices[:most]
best
# %% tags=["stage:tell"]
open("best.txt", "w").write(str(best))
"""
#: What a user may ask nbstripout to take out.
CLEANINGS: tuple[list[str], ...] = (
    [],
    ["--drop-empty-cells"],
    ["--strip-init-cells"],
    ["--keep-id", "--extra-keys", "metadata.celltoolbar metadata.kernelspec cell.metadata.id"],
)


@pytest.fixture
def fresh(tmp_path: Path) -> Project:
    """A project as `nbstage init` makes it, with a first commit and pre-commit's hook in git."""
    project = initialised(tmp_path / "project")
    project.convert()
    project.run("pre_commit", "install")
    project.git("add", "--all")
    code, told = project.try_git("commit", "--message", "A first pipeline")
    assert code == 0
    assert "the pipeline is in step with its notebooks" in told
    assert "Passed" in told
    return project


@pytest.fixture
def small(tmp_path: Path) -> Project:
    """A traced and converted notebook, saved with outputs, in a project as `init` makes it."""
    (tmp_path / "project").mkdir()
    project = Project(tmp_path / "project")
    project.write(NOTEBOOK, ipynb(TEXT))
    project.write("notebooks/shop.py", SHOP)
    project.run("nbstage", "init")
    assert "traced notebooks/prices.ipynb" in project.convert()
    project.run("nbconvert", "--to", "notebook", "--execute", "--inplace", NOTEBOOK)
    # It belongs to the pipeline: DVC makes it, and keeps it out of git.
    (project.root / "notebooks/best.txt").unlink()
    project.commit()
    assert outputs(project) == 3
    return project


def outputs(project: Project) -> int:
    """How many cells of the notebook have outputs."""
    return sum(bool(cell.get("outputs")) for cell in json.loads(project.read(NOTEBOOK))["cells"])


def in_step(project: Project) -> None:
    """There is nothing to change, and the facts of the one trace hold."""
    assert project.run("nbstage", "check") == "nothing to change\n"
    assert project.convert() == "nothing to change\n"


def edit(project: Project) -> None:
    project.replace("notebooks/first.ipynb", 'average=\\"macro\\"', 'average=\\"weighted\\"')


def stopped(project: Project) -> None:
    """The hook stops a commit of what is staged, and says why."""
    code, told = project.try_git("commit", "--message", "Other averages")
    assert code == 1
    assert "`nbstage convert` would\n  update  pipeline/evaluate.py" in told


def passes(project: Project) -> None:
    code, told = project.try_git("commit", "--message", "Other averages")
    assert code == 0, told


def test_a_notebook_that_was_edited_and_not_converted_is_not_committed(fresh: Project) -> None:
    edit(fresh)
    fresh.git("add", "--all")
    stopped(fresh)
    fresh.convert()
    # Judged is what is staged: what convert wrote has to come along.
    stopped(fresh)
    fresh.git("add", "--all")
    passes(fresh)


def test_the_hook_of_the_repository_does_the_same(fresh: Project, tmp_path: Path) -> None:
    hooks = Project(tmp_path / "hooks")
    hooks.root.mkdir()
    hooks.git("init", "--quiet")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks.root)
    hooks.commit()
    _, revision = hooks.try_git("rev-parse", "HEAD")
    settings = f"repos:\n  - repo: {hooks.root}\n    rev: {revision.strip()}\n"
    fresh.write(".pre-commit-config.yaml", f"{settings}    hooks:\n      - id: nbstage-check\n")
    edit(fresh)
    fresh.git("add", "--all")
    stopped(fresh)
    fresh.convert()
    fresh.git("add", "--all")
    passes(fresh)


def test_nbstripout_as_a_second_hook_leaves_the_pipeline_in_step(small: Project) -> None:
    settings = small.read(".pre-commit-config.yaml")
    more = "      - id: nbstripout\n        name: no outputs\n        entry: nbstripout\n"
    more += "        language: system\n        types: [jupyter]\n"
    small.write(".pre-commit-config.yaml", settings + more)
    small.run("pre_commit", "install")
    told = small.refuses("pre_commit", "run", "--all-files")
    assert (told.count("Passed"), told.count("files were modified by this hook")) == (1, 1)
    assert outputs(small) == 0
    small.git("add", "--all")
    passes(small)
    in_step(small)


def test_a_cleaned_notebook_has_the_same_pipeline_and_facts(small: Project) -> None:
    saved = small.read(NOTEBOOK)
    for options in CLEANINGS:
        small.write(NOTEBOOK, saved)
        in_step(small)
        small.run("nbstripout", *options, NOTEBOOK)
        assert outputs(small) == 0
        in_step(small)
    small.replace("pipeline/tell.py", "str(best)", "repr(best)")
    assert "from pipeline/tell.py" in small.run("nbstage", "sync")
    assert "repr(best)" in small.read(NOTEBOOK)
    in_step(small)


def test_an_edit_of_a_module_whose_formats_were_traced_goes_back(small: Project) -> None:
    small.replace("pipeline/pick.py", "best = prices[:most]", "best = prices[-most:]")
    told = small.run("nbstage", "sync")
    assert told.endswith("then nbstage convert and nbstage repro (or dvc repro)\n")
    assert small.run("nbstage", "check") == "nothing to change\n"
    assert "traced notebooks/prices.ipynb" in small.convert()
    in_step(small)
    small.repro()
    assert small.read("notebooks/best.txt") == "[2.0, 3.0]"


def test_nbstripout_as_a_filter_of_git_leaves_the_pipeline_in_step(small: Project) -> None:
    small.run("nbstripout", "--install", "--attributes", ".gitattributes")
    small.git("add", "--all", "--renormalize")
    small.commit()
    in_step(small)
    small.replace("pipeline/tell.py", "str(best)", "repr(best)")
    small.run("nbstage", "sync")
    assert outputs(small) == 3, "those in the working tree are nobody's business"
    small.commit()
    (small.root / NOTEBOOK).unlink()
    small.git("checkout", "--quiet", NOTEBOOK)
    assert outputs(small) == 0
    in_step(small)


def test_where_a_tool_takes_out_the_tags_that_is_said_and_nothing_is_lost(small: Project) -> None:
    small.replace("pipeline/tell.py", "str(best)", "repr(best)")
    small.run("nbstripout", "--extra-keys", "metadata.celltoolbar cell.metadata.tags", NOTEBOOK)
    for command in ("check", "convert", "sync"):
        told = small.refuses("nbstage", command)
        assert "note[NBS302] the notebook has no stage tags any more" in told
        assert "restore them from git" in told
    _, told = small.try_git("status", "--short")
    assert told == f" M {NOTEBOOK}\n M pipeline/tell.py\n"
    small.git("checkout", "--quiet", NOTEBOOK)
    small.run("nbstage", "sync")
    in_step(small)


def test_nbval_passes_in_a_project_as_init_makes_it(tmp_path: Path) -> None:
    project = initialised(tmp_path / "project")
    project.convert()
    assert "passed" in project.run("pytest", "--nbval-lax", "notebooks")
    assert project.run("nbstage", "check") == "nothing to change\n"
