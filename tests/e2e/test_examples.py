"""The messy notebooks in `examples/`: what the pipeline computes is what the notebook computes.

Each is put into a fresh project twice. One is converted and reproduced; in the other the notebook
runs from top to bottom, and after each stage's last cell a probe compares what lives there with
what the stage handed on.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.e2e.conftest import ROOT, Project, stages_run, under_git_and_dvc

pytestmark = pytest.mark.slow

EXAMPLES = ("bikes", "penguins", "signals")
_STAGE = re.compile(r"\b(?:stage|block): *(\w+)")
_RANDOM_STATE = "numpy_random_state"


@dataclass(frozen=True, slots=True)
class Pair:
    """An example both ways: `stages` as planned, `differs` by artifact where the two differ."""

    name: str
    pipeline: Project
    uncut: Project
    stages: dict[str, Any]  # JSON
    differs: dict[str, str | None]


@pytest.fixture(scope="module", params=EXAMPLES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """An example, run both ways. Not to be changed."""
    name, folder = str(request.param), tmp_path_factory.mktemp("examples")
    pipeline, uncut = (_fresh_project(folder / kind, name) for kind in ("pipeline", "uncut"))
    pipeline.run("nbstage", "init")
    pipeline.convert()
    pipeline.repro()
    stages = YAML(typ="safe").load(pipeline.read("dvc.yaml"))["stages"]
    differs = _run_uncut(name, pipeline, uncut, stages)
    return Pair(name, pipeline, uncut, stages, differs)


def _fresh_project(root: Path, name: str) -> Project:
    project = under_git_and_dvc(root)
    shutil.copytree(ROOT / "examples/data", root / "notebooks/data")
    shutil.copyfile(ROOT / f"examples/{name}.ipynb", root / f"notebooks/{name}.ipynb")
    return project


def _run_uncut(
    name: str, pipeline: Project, uncut: Project, stages: dict[str, Any]
) -> dict[str, str | None]:
    """Run the notebook with probes in it; gives what they found, artifact by artifact."""
    path = f"notebooks/{name}.ipynb"
    notebook = json.loads(uncut.read(path))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    last = _last_cells(["".join(cell["source"]) for cell in cells], cells)
    assert set(last) == set(stages)
    # As Jupyter does without being told: each cell begins without figures.
    begin = (
        f"%matplotlib inline\nimport sys\nsys.path.append({str(pipeline.root)!r})\n_differs = {{}}"
    )
    probed = [_cell(begin)]
    for number, cell in enumerate(cells):
        probed.append(cell)
        for stage in (stage for stage, at in last.items() if at == number):
            probed.append(_cell("\n".join(_probe(stages[stage], pipeline.root, uncut.root))))
    found = uncut.root / "differs.json"
    probed.append(_cell(f"import json\njson.dump(_differs, open({str(found)!r}, 'w'))"))
    uncut.write("notebooks/probed.ipynb", json.dumps(notebook | {"cells": probed}))
    uncut.run("nbconvert", "--to=notebook", "--execute", "--inplace", "notebooks/probed.ipynb")
    differs = json.loads(found.read_text())
    assert isinstance(differs, dict)
    return differs


def _last_cells(sources: list[str], cells: list[dict[str, Any]]) -> dict[str, int]:
    """For each stage the number of its last cell."""
    last, current = {}, ""
    for number, (source, cell) in enumerate(zip(sources, cells, strict=True)):
        comments = [line for line in source.splitlines() if line.startswith("#|")]
        found = _STAGE.search(" ".join([*cell["metadata"].get("tags", ()), *comments]))
        current = found[1] if found else current
        if current:
            last[current] = number
    return last


def _probe(stage: dict[str, Any], made: Path, here: Path) -> Iterator[str]:
    """Code that compares a stage's artifacts with the notebook's values, and writes its metrics
    and tables as the stage does.
    """
    yield "import nbstage.runtime as _runtime"
    yield "from nbstage.runtime.same import difference as _difference"
    # A method in the notebook reads globals, in a stage it may be a closure over the same.
    yield "_def = type(lambda: 0)"
    yield "_alike = lambda x, y: type(x) is type(y) is _def and x.__name__ == y.__name__"
    for path in _artifacts(stage):
        names = Path(path).stem.split("+")
        live = [f"_runtime.random_state('{n[:5]}')" if n == _RANDOM_STATE else n for n in names]
        value = live[0] if len(live) == 1 else f"({', '.join(live)})"
        stored = f"_runtime.load({str(made / path)!r})"
        yield f"_differs[{path!r}] = _difference({value}, {stored}, _alike)"
    for path in _paths(stage, "metrics"):
        values = ", ".join(f"{name!r}: {name}" for name in json.loads((made / path).read_text()))
        yield f"_runtime.save_metrics({{{values}}}, {str(here / path)!r})"
    for table in _tables(stage, made):
        value = f"{{{table.stem!r}: {table.stem}}}"
        yield f"_runtime.save_tables({value}, {str(here / table.parent)!r})"


def _tables(stage: dict[str, Any], made: Path) -> Iterator[Path]:
    """The plot tables that nbstage writes."""
    for path in map(Path, _paths(stage, "plots")):
        if path.parts[0] == "plots" and path.name == "tables":
            yield from (path / table.name for table in (made / path).iterdir())
        elif path.parts[0] == "plots" and path.suffix == ".csv":
            yield path


def _cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []} | {
        "id": f"probe-{abs(hash(source))}",
        "source": source,
    }


def _paths(stage: dict[str, Any], key: str) -> list[str]:
    entries = stage.get(key, [])
    return [path for entry in entries for path in (entry if isinstance(entry, dict) else [entry])]


def _artifacts(stage: dict[str, Any]) -> list[str]:
    outs = [path for path in _paths(stage, "outs") if path.startswith("artifacts/")]
    return [path for path in outs if not path.endswith("/done.txt")]


def test_every_value_that_crosses_is_the_notebooks(pair: Pair) -> None:
    crossing = {path for stage in pair.stages.values() for path in _artifacts(stage)}
    assert set(pair.differs) == crossing
    assert {path: found for path, found in pair.differs.items() if found} == {}


def test_metrics_and_plot_tables_are_the_notebooks_to_the_last_digit(pair: Pair) -> None:
    assert pair.pipeline.files("metrics")
    for folder in ("metrics", "plots"):
        assert pair.pipeline.files(folder) == pair.uncut.files(folder)


def test_files_are_those_the_notebook_writes(pair: Pair) -> None:
    declared = {
        path
        for stage in pair.stages.values()
        for path in (*_paths(stage, "outs"), *_paths(stage, "plots"))
    }
    written = {path for path in declared if path.startswith("notebooks/")}
    assert written == _left_behind(pair.uncut)
    for path in written:
        made, wanted = ((one.root / path).read_bytes() for one in (pair.pipeline, pair.uncut))
        assert made == wanted, path


def _left_behind(project: Project) -> set[str]:
    """The files in the notebook's folder but for its data and the notebooks."""
    folder = project.root / "notebooks"
    files = {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".ipynb"}
    kept = {path for path in files if folder / "data" not in path.parents}
    return {path.relative_to(project.root).as_posix() for path in kept}


def test_a_second_repro_says_that_the_example_is_up_to_date(pair: Pair) -> None:
    output = pair.pipeline.run("dvc", "repro")
    assert stages_run(output) == []
    assert "Data and pipelines are up to date." in output


def test_check_says_that_the_example_is_in_step(pair: Pair) -> None:
    pair.pipeline.run("nbstage", "check")


def test_what_is_written_for_the_example_passes_the_linters(
    pair: Pair, mypy: tuple[str, ...]
) -> None:
    pair.pipeline.run("ruff", "check", "--isolated", "--no-cache", "pipeline")
    pair.pipeline.run(*mypy, "pipeline")


def test_verify_finds_all_of_the_example_equal(pair: Pair) -> None:
    told = pair.pipeline.run("nbstage", "verify")
    (equal,) = re.findall(r"(?m)^(\d+) equal$", told)
    assert int(equal) > 10
