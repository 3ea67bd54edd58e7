"""`%nbstage` in JupyterLab, in a browser, in a project as `nbstage init` makes it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.browser import CHROMIUM, appeared, opened
from tests.e2e.conftest import Project, initialised

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here"),
]

NOTEBOOK = "notebooks/first.ipynb"
#: The notebook in JupyterLab's main area.
OPEN = "[...(globalThis.jupyterapp?.shell.widgets('main') ?? [])][0]"
PICTURE = "document.querySelector('img[alt^=\"notebooks/first.ipynb\"]')"
#: What the page shows below each code cell.
OUTPUTS = "[...document.querySelectorAll('.jp-CodeCell .jp-Cell-outputArea')].map(a => a.innerText)"


def add_cells(project: Project, *sources: str) -> None:
    document = json.loads(project.read(NOTEBOOK))
    for number, source in enumerate(sources):
        document["cells"].append(
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"magic-{number}",
                "metadata": {"tags": ["skip"]},
                "outputs": [],
                "source": source,
            }
        )
    project.write(NOTEBOOK, json.dumps(document, indent=1))


@contextmanager
def lab(project: Project, place: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves the project, to nobody else."""
    runtime = place / "runtime"
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", "--port=0"]
    command += ["--allow-root", "--IdentityProvider.token=", "--expose-app-in-browser"]
    environment = project.environment()
    environment |= {"JUPYTER_RUNTIME_DIR": str(runtime)}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(place / "settings")}
    settings = place / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"fetchNews": "false"}', encoding="utf-8")
    log = (place / "lab.txt").open("w")
    with (
        log,
        subprocess.Popen(
            command, cwd=project.root, env=environment, stdout=log, stderr=log
        ) as server,
    ):
        try:
            yield json.loads(appeared(runtime / f"jpserver-{server.pid}.json"))["url"]
        finally:
            server.terminate()


def test_in_jupyterlab_the_magic_shows_a_picture_checks_and_runs(tmp_path: Path) -> None:
    project = initialised(tmp_path / "project")
    project.convert()
    lines = ("check", "run load", "run lod", "shw")
    add_cells(project, "%load_ext nbstage\n%nbstage show", *(f"%nbstage {line}" for line in lines))
    with (
        lab(project, tmp_path) as address,
        opened(f"{address}lab/tree/{NOTEBOOK}", tmp_path / "profile") as page,
    ):
        page.wait_for(f"{OPEN}?.sessionContext?.session?.kernel?.status == 'idle'")
        page.value(f"jupyterapp.shell.activateById({OPEN}.id)")
        page.value("jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for(f"{OUTPUTS}.at(-1)")
        outputs = page.value(OUTPUTS)
        wide, high = page.value(f"[{PICTURE}.naturalWidth, {PICTURE}.naturalHeight]")
    assert min(wide, high) > 100
    assert outputs[-4] == "nothing to change\n"
    assert outputs[-3].startswith("Running stage 'load':\n> python -m pipeline.load\n")
    assert outputs[-2] == "error: dvc.yaml has no stage 'lod'\n  hint: did you mean 'load'?\n"
    assert outputs[-1].startswith(
        "error: `%nbstage shw` is no command\n  hint: write `%nbstage show`"
    )
