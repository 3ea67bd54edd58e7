"""A small project with a model, its predictions and a DVC remote, to be compared and gated."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.conftest import Project, under_git_and_dvc

TRAIN = """\
import json, pathlib
params = dict(line.split(": ") for line in pathlib.Path("params.yaml").read_text().splitlines())
model = {"blur": float(params["blur"]), "where": params["where"]}
pathlib.Path("model.json").write_text(json.dumps(model))
"""
EVALUATE = """\
import csv, json, pathlib, random
model = json.loads(pathlib.Path("model.json").read_text())
draw = random.Random(0)
rows = list(csv.DictReader(open("data.csv")))
for row in rows:
    noise = draw.random()
    blur = model["blur"] if model["where"] in ("all", row["group"]) else 0.1
    row["score"] = (1 - blur) * float(row["signal"]) + blur * noise
right = lambda some: sum((row["score"] >= 0.5) == (row["label"] == "1") for row in some) / len(some)
groups = {name: {"accuracy": right([r for r in rows if r["group"] == name])} for name in "ab"}
pathlib.Path("predictions").mkdir(exist_ok=True)
with open("predictions/test.csv", "w", newline="") as file:
    table = csv.DictWriter(file, ["id", "label", "score", "group"], extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
pathlib.Path("metrics.json").write_text(json.dumps({"accuracy": right(rows), "by_group": groups}))
"""
PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [blur, where]
    outs: [model.json]
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py, model.json, data.csv]
    outs: [predictions/test.csv]
    metrics:
      - metrics.json: {cache: false}
"""
POLICY = """\
[tool.nbstage.gate.metrics.accuracy]
minimum = 0.5
largest_drop = 0.02
not_worse = true
slices = { groups = ["by_group"], largest_drop = 0.03 }
"""


def params(blur: float, where: str = "all") -> str:
    """The parameters: how much noise there is in the scores, and in which group."""
    return f"blur: {blur}\nwhere: {where}\n"


def data(rows: int = 600) -> str:
    """Rows with a label, a signal of it, and a group."""
    import random

    draw = random.Random(1)
    lines = ["id,label,signal,group"]
    for number in range(rows):
        label = number % 2
        signal = min(1.0, max(0.0, 0.5 + (label - 0.5) * 0.5 + draw.gauss(0, 0.2)))
        lines.append(f"r{number},{label},{signal:.3f},{'ab'[number // 2 % 2]}")
    return "\n".join(lines) + "\n"


def committed_project(folder: Path) -> Project:
    """The project with a first model on its main branch, pushed to a remote."""
    project = under_git_and_dvc(folder / "project")
    project.git("symbolic-ref", "HEAD", "refs/heads/main")
    (folder / "remote").mkdir()
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", str(folder / "remote"))
    for path, text in {
        "train.py": TRAIN,
        "evaluate.py": EVALUATE,
        "dvc.yaml": PIPELINE,
        "data.csv": data(),
        "params.yaml": params(0.3),
        "pyproject.toml": POLICY,
    }.items():
        project.write(path, text)
    made(project)
    return project


def made(project: Project) -> None:
    """Run what is to be run, push it and commit it, as a person does."""
    project.run("dvc", "repro", "--quiet")
    project.run("dvc", "push", "--quiet")
    project.commit()


def branch_of(committed: Project, folder: Path) -> Project:
    """A copy with a branch of its own, that pushes to a remote of its own."""
    shutil.copytree(committed.root.parent, folder / "copy", symlinks=True)
    project = Project(folder / "copy" / "project")
    text = project.read(".dvc/config").replace(str(committed.root.parent), str(folder / "copy"))
    project.write(".dvc/config", text)
    project.git("commit", "--quiet", "--all", "--message", "Another remote")
    project.git("checkout", "--quiet", "-b", "change")
    return project
