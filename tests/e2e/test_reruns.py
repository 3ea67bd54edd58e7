"""Edits of a notebook, and the stages that run again: no more than what the edit can change.

The edits stand in `reruns.txt`, each with the stages whose results may be others, those that run,
and those that would run if all imports and functions stood before every step, as in kubeflow-kale.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.e2e.conftest import ROOT, Project, new_project, percent

pytestmark = pytest.mark.slow

NOTEBOOK = """
# %% [markdown]
# # Squares
# %% tags=["imports"]
import json
import math
# %% tags=["parameters"]
n = 4
scale = 2  # how far apart
# %% tags=["functions"]
def spread(xs, by):
    return [x * by for x in xs]


def total(xs):
    return math.fsum(xs)


def unused(xs):
    return sorted(xs)
# %% tags=["stage:load"]
raw = list(range(n))
# %% tags=["skip"]
print(len(raw))
# %% tags=["stage:spread"]
# Pull them apart.
far = spread(raw, scale)
# %% tags=["stage:square"]
squares = [x * x for x in raw]
mean = total(squares) / len(squares)
# %% tags=["stage:report", "metrics"]
text = json.dumps([far, squares])
size = len(text)
whole = total(far)
"""
ALL = ("load", "spread", "square", "report")


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the notebook's text, and a row of the page on re-runs."""

    title: str
    must: str
    did: str
    kale: str
    old: str
    new: str

    @property
    def row(self) -> str:
        return f"| {self.title} | {self.must} | {self.did} | {self.kale} |"


def edits() -> list[Edit]:
    parts = (ROOT / "tests/e2e/reruns.txt").read_text(encoding="utf-8").split("==== ")[1:]
    return [_edit(part) for part in parts]


def _edit(part: str) -> Edit:
    head, _, body = part.partition("\n")
    old, _, new = body.partition("\n---- becomes\n")
    title, must, did, kale = head.split(" | ")
    return Edit(title, must, did, kale, old, new.removesuffix("\n\n").removesuffix("\n"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The notebook, converted and run. Each test brings it back there."""
    project = new_project(tmp_path_factory.mktemp("reruns") / "project")
    _bring_to(project, NOTEBOOK)
    return project


def _bring_to(project: Project, text: str) -> list[str]:
    percent(project, "nb", text)
    project.write("params.yaml", "")
    project.convert()
    return project.repro()


@pytest.mark.parametrize("edit", [pytest.param(edit, id=edit.title) for edit in edits()])
def test_an_edit_runs_what_it_can_change_and_no_more(run: Project, edit: Edit) -> None:
    assert NOTEBOOK.count(edit.old) == 1
    ran = _bring_to(run, NOTEBOOK.replace(edit.old, edit.new))
    _bring_to(run, NOTEBOOK)
    assert set(ran) == _stages(edit.did)
    assert _stages(edit.must) <= _stages(edit.did) <= _stages(edit.kale) | _stages(edit.must)


def _stages(named: str) -> set[str]:
    return set(ALL) if named == "all" else set(named.split(", ")) - {"none"}


def test_the_page_on_re_runs_shows_these_edits() -> None:
    page = (ROOT / "docs/reruns.md").read_text(encoding="utf-8")
    assert [edit.row for edit in edits() if edit.row not in page] == []
