"""The workflows run by `act` on this machine: no network, no containers.

The actions' places are taken by those in `actions/`, origin's by a bare repository in a folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nbstage.scaffold.actions import ACTIONS
from tests.conftest import PLUGINS_ASIDE
from tests.e2e.conftest import Project
from tests.fake_github import REPOSITORY

_ACTIONS = Path(__file__).parent / "actions"


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of each job, what was printed, and the files that were kept."""

    jobs: dict[str, str]
    printed: str
    kept: Path

    def read(self, name: str) -> str:
        return (self.kept / "report" / name).read_text(encoding="utf-8")

    def ran(self, step: str) -> str:
        """What came of a step of whatever job: "success", "failure", or "" if it didn't run."""
        lines = (json.loads(line) for line in self.printed.splitlines() if line.startswith("{"))
        results = [
            one["stepResult"] for one in lines if one.get("step") == step and "stepResult" in one
        ]
        return results[-1] if results else ""


def pull_request(project: Project, *, from_fork: bool = False) -> dict[str, object]:
    """The event of a pull request that is the project's HEAD."""
    head = project.try_git("rev-parse", "HEAD")[1].strip()
    source = "mallory/flowers" if from_fork else REPOSITORY
    return {
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"sha": head, "ref": "change", "repo": {"full_name": source}},
            "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
        },
    }


def act(
    project: Project,
    workflow: str,
    name: str,
    event: dict[str, object],
    *words: str,
    **environment: str,
) -> Acted:
    """Run a workflow of the project for an event; `words` are further ones for act."""
    around = project.root.parent
    (around / "event.json").write_text(json.dumps(event))
    places = [
        f"--local-repository={action.repository}@{action.commit}={_ACTIONS / folder}"
        for action in ACTIONS.values()
        if (_ACTIONS / (folder := action.repository.partition("/")[2])).is_dir()
    ]
    kept = around / "kept"
    given = {
        "GITHUB_REPOSITORY": REPOSITORY,
        "KEPT": str(kept),
        "NO_COLOR": "1",  # act has a terminal, GitHub has none
        "ORIGIN": str(origin(project)),
        "PYTEST_ADDOPTS": PLUGINS_ASIDE,
    }
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("act")),
            name,
            f"--workflows=.github/workflows/{workflow}.yml",
            f"--eventpath={around / 'event.json'}",
            "--platform=ubuntu-latest=-self-hosted",
            "--no-skip-checkout",
            "--no-cache-server",
            f"--action-cache-path={around / 'actions'}",
            "--json",
            *(f"--env={key}={value}" for key, value in {**given, **environment}.items()),
            *places,
            *words,
        ],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(_shown(done.stdout))  # pytest shows it where a test fails
    return Acted(_results(done.stdout), done.stdout, kept)


def origin(project: Project) -> Path:
    """The bare repository that the project's branches are pushed to."""
    return project.root.parent / "origin.git"


def _results(printed: str) -> dict[str, str]:
    results = {}
    for line in printed.splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if "jobResult" in told:
            results[told["jobID"]] = told["jobResult"]
    return results


def _shown(printed: str) -> str:
    lines = []
    for line in printed.splitlines():
        told = json.loads(line) if line.startswith("{") else {"msg": line}
        lines.append(f"{told.get('jobID', '')}: {told.get('msg', '').rstrip()}")
    return "\n".join(lines)
