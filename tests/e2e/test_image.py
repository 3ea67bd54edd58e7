"""The image of the Dockerfile that `nbstage init` writes, built and run."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from nbstage.bundle import Bundle
from nbstage.ci_settings import CiSettings
from nbstage.scaffold.workflows import dockerfile
from tests.e2e.containers import Podman, podman, to_run
from tests.e2e.deployed import make_bundles
from tests.e2e.served import Served, service

pytestmark = pytest.mark.slow

TOKEN = "nbs_of_alice"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def own() -> Iterator[Podman]:
    with podman() as found:
        yield found


def build(own: Podman, around: Path, bundle: Bundle) -> str:
    """The image of a bundle; gives what building it printed."""
    settings = CiSettings(python=(PYTHON,), nbstage=f"nbstage=={version('nbstage')}")
    (around / "Dockerfile").write_text(dockerfile(settings))
    own.base(f"docker.io/library/python:{PYTHON}-slim-bookworm")
    return own.build(around / "Dockerfile", "line:v1", bundle.folder)


def healthy(own: Podman, served: Served) -> bool:
    """Whether the image's own question gets its answer, asked at the port of this container."""
    told = own.does("image", "inspect", "--format", "{{json .HealthCheck.Test}}", "line:v1")
    form, *command = json.loads(told)
    assert form == "CMD"
    asked = [word.replace(":8000/", f":{served.port}/") for word in command]
    return own.tries("exec", "one", *asked).returncode == 0


def test_the_image_serves_as_nobody_special_until_it_is_told_to_stop(
    own: Podman, tmp_path: Path
) -> None:
    bundle = make_bundles(tmp_path, {"v1": "1.0"})["v1"]
    told = build(own, tmp_path, bundle)
    assert f"Requirement already satisfied: nbstage[serve]=={version('nbstage')}" in told

    tokens = f"NBSTAGE_TOKENS=alice sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()}"
    # The last `--port` counts: another service may have 8000 of this machine's network.
    run = to_run("--name", "one", "--env", tokens, "line:v1", "--port", "0")
    with service(own.command(*run), tmp_path, own.environment()) as served:
        assert own.does("exec", "one", "stat", "--format", "%u", "/proc/1").split() == ["10001"]
        status, text = served.ask(None, "/health/ready")
        assert (status, json.loads(text)["version"]) == (200, "v1")
        assert healthy(own, served)

        rows = list(bundle.examples)
        assert served.ask(rows)[0] == 401
        status, text = served.ask(rows, Authorization=f"Bearer {TOKEN}")
        assert (status, json.loads(text)["predictions"]) == (200, list(bundle.expected))

        assert served.end() == 0
        served.has_said("stopped; all that was asked is answered")
