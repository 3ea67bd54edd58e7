"""A project whose main branch is released by its workflows, to two targets on this machine."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbstage.deploy.nouns import Site
from tests.e2e.acted import Acted, act, origin
from tests.e2e.conftest import Project
from tests.e2e.deployed import NOTEBOOK, SETTINGS, free_port, served, take_down
from tests.notebooks_as_text import ipynb

_SETTINGS = (
    SETTINGS
    + """
[tool.nbstage.gate]

[tool.nbstage.deploy.targets.staging]
to = "local:{around}/staging"
address = "127.0.0.1:{staging}"
latency = {latency}

[tool.nbstage.deploy.targets.production]
to = "local:{around}/production"
address = "127.0.0.1:{production}"
latency = 20
"""
)
#: In place of GitHub's command line, which lets git push; here it can anyway.
_GH = "#!/bin/sh\nexit 0\n"
#: nbstage, but for a command that the file beside it names: that one fails.
_NBSTAGE = """#!/bin/sh
if [ "$1 $2" = "$(cat "$(dirname "$0")/failing.txt")" ]; then
  echo "failed: this test wants that"
  exit 1
fi
exec {python} -m nbstage "$@"
"""


@dataclass(frozen=True, slots=True)
class Released:
    """The project, and where it is served."""

    project: Project
    staging: Site
    production: Site

    def change(self, offset: str) -> None:
        """Merge another model."""
        self.project.write("params.yaml", f"offset: {offset}\n")
        self.merge()

    def merge(self) -> None:
        """Run what is to be run, and put all of it on the main branch."""
        self.project.run("dvc", "repro", "--quiet")
        self.project.run("dvc", "push", "--quiet")
        self.project.commit()
        self.project.git("push", "--quiet", "origin", "main")

    def release(self, *words: str, failing: str = "") -> Acted:
        """What comes of the release of the main branch; a command may be made to fail."""
        return self._act("release", "push", {"ref": "refs/heads/main"}, *words, failing=failing)

    def roll_back(self, target: str) -> Acted:
        """What comes of a rollback that somebody asks for."""
        inputs = {"target": target, "reason": "too late"}
        return self._act("rollback", "workflow_dispatch", {"inputs": inputs})

    def _act(
        self, workflow: str, name: str, event: dict[str, object], *words: str, failing: str = ""
    ) -> Acted:
        programs = self.project.root.parent / "bin"
        (programs / "failing.txt").write_text(failing)
        path = f"{programs}{os.pathsep}{self.project.environment()['PATH']}"
        return act(self.project, workflow, name, event, "--actor=ada", *words, PATH=path)

    def stages(self) -> dict[str, str]:
        """The version in each stage, as the server knows it, and the newest one."""
        self.project.git("fetch", "--quiet", "--tags", "origin")
        told = json.loads(self.project.run("nbstage", "models", "--json"))
        (model,) = told["models"]
        return {"newest": model["versions"][-1]["version"], **model["stages"]}

    def served(self) -> tuple[str, str]:
        """The versions that answer in staging and in production."""
        return served(self.staging), served(self.production)


@contextmanager
def a_released_project(around: Path, staging_latency: float = 20.0) -> Iterator[Released]:
    """A project with a model on its main branch, which nobody has released yet."""
    (around / "project").mkdir()
    project = Project(around / "project")
    ports = {"staging": free_port(), "production": free_port()}
    sites = {
        name: Site(around.resolve() / name, f"127.0.0.1:{port}") for name, port in ports.items()
    }
    given = {"around": around.resolve(), "latency": f"{staging_latency:f}", **ports}
    project.write("pyproject.toml", _SETTINGS.format(**given))
    stage = '# %% tags=["parameters"]\noffset = 1.0\n# %% tags=["stage:load"]'
    notebook = NOTEBOOK.replace('# %% tags=["stage:load"]', stage).replace(": 1.0}", ": offset}")
    project.write("notebooks/line.ipynb", ipynb(notebook))
    project.git("init", "--quiet", "--initial-branch", "main")
    project.run("nbstage", "init")
    (around / "store").mkdir()
    project.run("dvc", "remote", "add", "--quiet", "--default", "store", str(around / "store"))
    project.convert()
    project.run("nbstage", "register", "line", "--path", "artifacts/train/model.json")
    project.git("init", "--quiet", "--bare", str(origin(project)))
    project.git("remote", "add", "origin", str(origin(project)))
    programs = around / "bin"
    programs.mkdir()
    for name, text in {"gh": _GH, "nbstage": _NBSTAGE.format(python=sys.executable)}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    released = Released(project, sites["staging"], sites["production"])
    released.merge()
    try:
        yield released
    finally:
        for site in sites.values():
            take_down(site)
        shutil.rmtree(around / "store")
