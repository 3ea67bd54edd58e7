"""Sites on this machine, with real services behind a real Caddy."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbstage.bundle import Bundle, make
from nbstage.config import read_settings
from nbstage.deploy.asking import ask
from nbstage.deploy.nouns import Check, Site
from nbstage.deploy.place import state_of, version_folder
from nbstage.deploy.process import stop
from nbstage.deploy.service import at_address
from tests.bundles import pipeline

needs_caddy = pytest.mark.skipif(
    shutil.which("caddy") is None, reason="Caddy is not installed (apt-get install caddy)"
)
NOTEBOOK = """
# %% tags=["imports"]
import pandas as pd
# %% tags=["stage:load"]
rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "y": [1, 3, 5, 7]})
# %% tags=["stage:train"]
model = {"slope": 2.0, "offset": 1.0}
# %% tags=["stage:predict"]
predictions = pd.DataFrame({"guess": rows["a"] * model["slope"] - model["offset"]})
# %% tags=["stage:judge"]
error = float((predictions["guess"] - rows["y"]).abs().mean())
"""
SETTINGS = """
[tool.nbstage]
notebooks = ["notebooks/*.ipynb"]
[tool.nbstage.formats]
model = "json"
[tool.nbstage.serve]
stages = ["predict"]
input = "rows"
columns = ["a"]
"""


def make_bundles(around: Path, versions: dict[str, str]) -> dict[str, Bundle]:
    """Bundles of versions of a model that differ in their offsets."""
    root = pipeline(around / "project", NOTEBOOK, SETTINGS)
    found = {}
    for version, offset in versions.items():
        (root / "artifacts/train/model.json").write_text(f'{{"slope": 2.0, "offset": {offset}}}')
        subprocess.run([sys.executable, "-m", "pipeline.predict"], cwd=root, check=True)
        serve = read_settings(root).serve
        out = around / version
        found[version] = make(root, out, serve=serve, model="line", version=version, commit=version)
    return found


@contextmanager
def a_site(around: Path) -> Iterator[Site]:
    """A site at a free port, and nothing of it left running afterwards."""
    site = Site((around / "site").resolve(), f"127.0.0.1:{free_port()}", latency=20.0)
    try:
        yield site
    finally:
        take_down(site)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """Two versions, made once for a module's tests."""
    versions = {"v1.0.0": "1.0", "v1.1.0": "1.5"}
    return make_bundles(tmp_path_factory.mktemp("bundles"), versions)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own."""
    with a_site(tmp_path) as found:
        yield found


def take_down(site: Site) -> None:
    """Stop everything that a site runs."""
    state = state_of(site)
    for one in (state.serving, state.candidate, *state.leaving):
        if one:
            stop(one.process, 5)
    if state.proxy:
        stop(state.proxy, 5)
    assert not services(site)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def services(site: Site) -> list[int]:
    """The processes of this machine that serve a version of the site."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and any(os.fsencode(site.folder) in word for word in words):
            found.append(int(path.parent.name))
    return found


def served(site: Site) -> str:
    """The version that answers at the site's address; "" if none does."""
    if state_of(site).serving is None:
        return ""
    told = ask(at_address(site), "/health/ready", seconds=10).data
    return str(told["version"]) if isinstance(told, dict) else ""


def log(site: Site) -> list[tuple[str, str]]:
    """What was done, and which version it was."""
    lines = (site.folder / "log.jsonl").read_text().splitlines()
    return [(one["did"], one["version"]) for one in map(json.loads, lines)]


def break_bundle(bundle: Bundle, out: Path) -> Path:
    """The same bundle, that says that its predictions are others."""
    shutil.copytree(bundle.folder, out)
    told = json.loads((out / "bundle.json").read_text())
    told["expected"] = [{"guess": 4711.0} for _ in told["expected"]]
    (out / "bundle.json").write_text(json.dumps(told))
    return out


@dataclass
class Load:
    """What became of requests that were sent all the time: by status, and by the version."""

    statuses: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)


@contextmanager
def under_load(site: Site, senders: int = 2, pause: float = 0.01) -> Iterator[Load]:
    """Send requests for predictions to a site for as long as the block takes."""
    load, end = Load(), threading.Event()
    service = at_address(site)

    def send() -> None:
        while not end.is_set():
            answer = ask(service, "/predict", {"a": 1.0})
            told = answer.data
            load.statuses[answer.status] += 1
            if isinstance(told, dict):
                load.versions[str(told.get("version"))] += 1
            time.sleep(pause)

    threads = [threading.Thread(target=send) for _ in range(senders)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        end.set()
        for thread in threads:
            thread.join()


def die(*_: object, **__: object) -> tuple[Check, ...]:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ()


def killed(deployment: Callable[[], object]) -> None:
    """Run a deployment in a process that is killed in the middle of it."""
    child = os.fork()
    if child == 0:
        try:
            deployment()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def has_version(site: Site, name: str) -> bool:
    """Whether a version's bundle lies at the site."""
    return version_folder(site, name).is_dir()
