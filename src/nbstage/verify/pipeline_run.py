"""`dvc repro` of a notebook's stages in a copy of the project. An edge."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbstage.verify.nouns import Failed

_CONFIG = """\
[core]
    no_scm = true
    autostage = false
    check_update = false
    analytics = false
    site_cache_dir = {site}
[cache]
    dir = {cache}
"""
_STAGE = re.compile(r"^Running stage '([^']+)'.*\n", re.MULTILINE)
_FAILED = re.compile(r"^ERROR: failed to reproduce '([^']+)'", re.MULTILINE)
_PATIENCE = 5.0
_GLANCE = 0.05


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that runs: its process, and the file with what it prints."""

    process: subprocess.Popen[bytes]
    output: Path


def prepare_dvc(copy: Path, own: Path, stages: frozenset[str]) -> None:
    """Make a copy of a project one that DVC runs `stages` in and nothing else, without git, with a
    cache in the folder `own`.

    What other stages make is taken as it lies there, by the notebook's run and by this one.
    """
    (copy / ".dvc").mkdir(exist_ok=True)
    (copy / ".dvc" / "config").touch()
    config = _CONFIG.format(site=own / "site", cache=own / "cache")
    (copy / ".dvc" / "config.local").write_text(config, encoding="utf-8")
    path = copy / "dvc.yaml"
    path.write_text(_only(path.read_text(encoding="utf-8"), stages), encoding="utf-8")


def _only(text: str, stages: frozenset[str]) -> str:
    from ruamel.yaml import YAML

    yaml = YAML()
    data = yaml.load(text)
    for name in [name for name in data["stages"] if name not in stages]:
        del data["stages"][name]
    written = io.StringIO()
    yaml.dump(data, written)
    return written.getvalue()


def start_pipeline(copy: Path, output: Path, environment: Mapping[str, str]) -> Pipeline:
    """Start all stages of the copy, each from scratch."""
    folder = str(Path(sys.executable).parent)
    paths = os.pathsep.join([folder, environment.get("PATH", os.defpath)])
    command = [sys.executable, "-u", "-P", "-m", "dvc", "repro", "--no-commit", "--no-run-cache"]
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=copy,
            env={**environment, "PATH": paths, "DVC_NO_ANALYTICS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            # A group of its own: Ctrl-C is for us, and we end all of them.
            start_new_session=True,
        )
    return Pipeline(process, output)


def times(pipeline: Pipeline) -> dict[str, float]:
    """Wait until all stages are done; how long each took, in seconds, to a tenth or so.

    A stage begins when DVC says so; what DVC does after it counts as the stage's.
    """
    began: list[tuple[str, float]] = []
    with pipeline.output.open("rb") as output:
        rest, done = b"", False
        while not done:
            done = pipeline.process.poll() is not None
            *lines, rest = (rest + output.read()).split(b"\n")
            now = time.monotonic()
            text = "".join(line.decode(errors="replace") + "\n" for line in lines)
            began += [(name, now) for name in _STAGE.findall(text)]
            time.sleep(0 if done else _GLANCE)
    ends = [*(start for _, start in began), time.monotonic()][1:]
    return {name: end - start for (name, start), end in zip(began, ends, strict=True)}


def wait_for(pipeline: Pipeline) -> Failed | None:
    """Wait until all stages are done; what the one that failed printed, if one did."""
    if pipeline.process.wait() == 0:
        return None
    text = pipeline.output.read_text(encoding="utf-8", errors="replace")
    told = _FAILED.findall(text)
    stage = told[-1] if told else ""
    parts = _STAGE.split(text)
    ran = parts[-2:] if len(parts) > 1 else ["", text]
    # What a stage before printed is of no interest where DVC could not start this one.
    shown = ran[1] if ran[0] == stage else text
    return Failed("pipeline", stage or ran[0], None, shown.strip())


def running_stage(pipeline: Pipeline) -> str:
    """The stage that began last; "" if none has begun."""
    found = _STAGE.findall(pipeline.output.read_text(encoding="utf-8", errors="replace"))
    return found[-1] if found else ""


def stop(pipeline: Pipeline) -> None:
    """End the stages that still run."""
    if pipeline.process.poll() is not None:
        return
    _signal(pipeline, signal.SIGTERM)
    try:
        pipeline.process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        _signal(pipeline, signal.SIGKILL)
        pipeline.process.wait()


def _signal(pipeline: Pipeline, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pipeline.process.pid, number)
