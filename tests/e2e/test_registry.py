"""A model registered in a real project, and read by GTO, by DVC and in other clones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Project, under_git_and_dvc

pytestmark = pytest.mark.slow

TRAIN = """\
import json
from pathlib import Path
import joblib
from sklearn.linear_model import LogisticRegression
params = dict(line.split(": ") for line in Path("params.yaml").read_text().splitlines())
rows = [[n / 100] for n in range(100)]
model = LogisticRegression(C=float(params["C"])).fit(rows, [n >= 50 for n in range(100)])
joblib.dump(model, "model.joblib")
right = float(model.score(rows, [n >= 50 for n in range(100)]))
Path("metrics.json").write_text(json.dumps({"accuracy": right}))
"""
PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [C]
    outs: [model.joblib]
    metrics:
      - metrics.json: {cache: false}
artifacts:
  model:
    path: model.joblib
    type: model
"""
POLICY = "[tool.nbstage.gate.metrics.accuracy]\nminimum = 0.9\n"


def said(text: str) -> Any:
    """The JSON in what a command printed, which may have said before what it was doing."""
    return json.loads(text[text.index("{") :])


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project at a server's, with a version of its model. Not to be changed."""
    folder = tmp_path_factory.mktemp("registry")
    project = under_git_and_dvc(folder / "project")
    project.git("symbolic-ref", "HEAD", "refs/heads/main")
    (folder / "store").mkdir()
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", str(folder / "store"))
    for path, text in {
        "train.py": TRAIN,
        "dvc.yaml": PIPELINE,
        "params.yaml": "C: 1.0\n",
        "pyproject.toml": POLICY,
    }.items():
        project.write(path, text)
    project.run("dvc", "repro", "--quiet")
    project.run("dvc", "push", "--quiet")
    project.commit()
    project.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "server"))
    project.git("remote", "add", "origin", str(folder / "server"))
    project.git("push", "--quiet", "--set-upstream", "origin", "main")
    (folder / "gate.json").write_text(json.dumps(said(project.run("nbstage", "gate", "--json"))))
    text = project.run("nbstage", "register", "--gate", str(folder / "gate.json"))
    assert "registered model@v1.0.0 (the first version)\n" in text
    assert "tag 'model@v1.0.0', pushed\n" in text
    return project


@pytest.fixture
def clone(released: Project, tmp_path: Path) -> Project:
    """Another clone, with nothing in DVC's cache."""
    released.git("clone", "--quiet", str(released.root.parent / "server"), str(tmp_path / "clone"))
    return Project(tmp_path / "clone")


def released_md5(project: Project) -> str:
    told = said(project.run("nbstage", "models", "--show", "latest", "--json"))
    return str(told["lineage"]["model"]["released_md5"])


def md5(file: Path) -> str:
    return hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()


def test_gto_reads_what_was_registered_and_promoted(clone: Project) -> None:
    assert clone.run("nbstage", "promote", "prod", "--no-push").startswith(
        "model@v1.0.0 is in stage 'prod', the first one there\n"
    )
    shown = json.loads(clone.run("gto.cli", "show", "--json"))
    assert shown["model"]["version"] == "v1.0.0"
    assert shown["model"]["stage"] == {"prod": "v1.0.0"}
    events = json.loads(clone.run("gto.cli", "history", "--json"))
    told = sorted(
        (event["event"], event["ref"])
        for event in events
        if "#" in event["ref"] or "@" in event["ref"]
    )
    assert told == [("assignment", "model#prod#1"), ("registration", "model@v1.0.0")]


def test_dvc_gets_the_released_model_by_its_version(clone: Project) -> None:
    clone.run("dvc", "artifacts", "get", str(clone.root), "model", "--rev", "v1.0.0", "-o", "got")
    assert md5(clone.root / "got") == released_md5(clone)


def test_a_version_is_fetched_in_another_clone_and_gives_the_stage_s_model(
    released: Project, clone: Project
) -> None:
    told = said(clone.run("nbstage", "models", "--fetch", "v1.0.0", "--to", "out", "--json"))
    assert told["files"] == ["model.skops", "releases/model.json", "releases/model.md"]
    assert md5(clone.root / "out/model.skops") == released_md5(clone)
    code = (
        "import joblib, skops.io; a = skops.io.load('out/model.skops'); "
        f"b = joblib.load({str(released.root / 'model.joblib')!r}); "
        "assert a.predict_proba([[0.3]]).tolist() == b.predict_proba([[0.3]]).tolist()"
    )
    (clone.root / "same.py").write_text(code)
    clone.run("same")


def test_a_version_that_is_checked_out_is_a_project_like_any_other(clone: Project) -> None:
    clone.git("checkout", "--quiet", "model@v1.0.0")
    clone.run("dvc", "pull", "--quiet")
    assert md5(clone.root / "model.skops") == released_md5(clone)
    assert (clone.root / "model.joblib").is_file()
    assert "up to date" in clone.run("dvc", "status")
