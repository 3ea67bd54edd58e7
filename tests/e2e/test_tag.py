"""An untagged notebook becomes a pipeline that runs, and `%nbstage` works in a kernel."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.e2e.conftest import ROOT, Project, percent

pytestmark = pytest.mark.slow

NOTEBOOKS = ("notebooks/churn", "examples/bikes", "examples/penguins", "examples/signals")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_an_untagged_notebook_is_tagged_converted_and_run(name: str, project: Project) -> None:
    document = json.loads((ROOT / f"{name}.ipynb").read_text())
    for cell in document["cells"]:
        cell["metadata"].pop("tags", None)
        cell["source"] = [line for line in cell["source"] if not line.startswith("#|")]
    project.write("notebooks/nb.ipynb", json.dumps(document, indent=1))
    shutil.copytree(ROOT / "data", project.root / "data", dirs_exist_ok=True)
    shutil.copytree(ROOT / "examples/data", project.root / "notebooks/data", dirs_exist_ok=True)
    project.run("nbstage", "tag", "notebooks/nb.ipynb", "--write")
    project.convert()
    ran = project.repro()
    assert len(ran) > 2
    project.run("nbstage", "check")
    assert "nothing to tag" in project.run("nbstage", "tag", "notebooks/nb.ipynb", "--write")


def test_in_a_kernel_the_magic_shows_checks_and_runs(project: Project) -> None:
    path = percent(
        project,
        "nb",
        """
# %% tags=["stage:load"]
x = [1]
# %% tags=["stage:write"]
open("x.txt", "w").write(str(x))
# %% tags=["skip"]
%load_ext nbstage
%nbstage show nb.ipynb
# %% tags=["skip"]
%nbstage run write nb.ipynb
""",
    )
    project.convert()
    arguments = ["--to", "notebook", "--execute", "--output", "done.ipynb"]
    project.run("nbconvert", *arguments, path)
    cells = json.loads(project.read("notebooks/done.ipynb"))["cells"]
    (drawn,) = cells[2]["outputs"]
    assert "".join(drawn["data"]["text/html"]).startswith('<img src="data:image/svg+xml;base64,')
    told = "".join("".join(one["text"]) for one in cells[3]["outputs"])
    assert "Running stage 'load'" in told
    assert "Running stage 'write'" in told
    assert project.repro() == []


def test_the_magic_does_not_disturb_a_trace(project: Project) -> None:
    text = """
# %% tags=["stage:load"]
x = [1]
# %%
%load_ext nbstage
# %%
%nbstage show
%nbstage run load
# %% tags=["stage:write"]
open("x.txt", "w").write(str(x))
"""
    percent(project, "nb", text)
    project.convert()
    project.run("nbstage", "trace")
    facts = json.loads(project.read("notebooks/nb.trace.json"))
    for cell in facts["cells"][1:3]:
        assert not {"binds", "changes", "reads", "writes", "processes", "network"} & {
            key for key, value in cell.items() if value
        }
    project.convert()
    assert project.repro() == ["load", "write"]
