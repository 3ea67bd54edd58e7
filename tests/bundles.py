"""Small projects whose pipelines have run, to make bundles of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nbstage.app import convert
from nbstage.bundle.make import lay_out
from nbstage.bundle.nouns import Bundle
from nbstage.bundle.proof import prove
from nbstage.serve_settings import ServeSettings
from tests.notebooks_as_text import ipynb

_RUN_ALL = "import importlib, sys\nfor s in sys.argv[1:]: importlib.import_module(s).main()"


def pipeline(root: Path, notebook: str, settings: str = "") -> Path:
    """A project with this notebook, converted, its stages run in their order."""
    (root / "notebooks").mkdir(parents=True, exist_ok=True)
    (root / "dvc.yaml").touch()
    (root / "pyproject.toml").write_text(settings)
    (root / "notebooks/nb.ipynb").write_text(ipynb(notebook))
    outcome = convert(root, (), static=True)
    assert not [one for one in outcome.problems if one.level.value == "error"], outcome.problems
    stages = [path.stem for path in sorted((root / "pipeline").glob("[a-z]*.py"))]
    order = [
        line.split("stage:")[1].split('"')[0] for line in notebook.split("\n") if "stage:" in line
    ]
    modules = [f"pipeline.{stage}" for stage in dict.fromkeys(order) if stage in stages]
    subprocess.run([sys.executable, "-c", _RUN_ALL, *modules], cwd=root, check=True)
    return root


def proven(
    root: Path, folder: Path, serve: ServeSettings, columns: tuple[str, ...] = ()
) -> tuple[Bundle, str]:
    """The bundle of a path, proven in this process; and all that speaks against it."""
    bundle, table = lay_out(root, folder, serve, "model")
    found, faults = prove(bundle, root, table, columns, lambda _: None)
    return found, "\n".join(faults)
