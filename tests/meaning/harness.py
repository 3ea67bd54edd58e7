"""Does the pipeline compute what the notebook computes? Both are run, what they show compared."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO, Any, cast

from ruamel.yaml import YAML

from nbstage import app
from nbstage.model import Cell, CellKind, Facts, Level
from nbstage.trace.facts import cell_facts, code_key, write_facts
from tests.notebooks_as_text import ipynb, notebook

PATH = "notebooks/nb.ipynb"
_SERVER = Path(__file__).with_name("fork_server.py")
_ASIDE = ("skip", "check", "imports", "functions", "parameters", "pipeline-parameters")
_TOLD_BY_MAGICS = re.compile(r"(?m)^(?:CPU times|Wall time|env|Writing|Overwriting)\b.*\n")


class Kind(Enum):
    """What came of a comparison. `RAISES`: the notebook itself fails: nothing is promised."""

    EQUAL = "equal"
    REFUSED = "refused"
    DIFFERENT = "different"
    FAILED = "failed"
    RAISES = "raises"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a notebook fared: `codes` of what stopped it, `detail` for whoever has to mend it."""

    kind: Kind
    codes: tuple[str, ...] = ()
    detail: str = ""

    @property
    def word(self) -> str:
        """`equal`, `refused NBS203`, `different`, `failed` or `raises`."""
        return " ".join((self.kind.value, *self.codes))


@dataclass(frozen=True, slots=True)
class Forks:
    """A running fork server: its two ends."""

    requests: IO[str]
    answers: IO[str]

    def ask(self, job: str, root: Path, **details: object) -> dict[str, Any]:
        """Let a fork do a job in a folder, and give its answer, which is JSON."""
        print(
            json.dumps({"job": job, "root": str(root), **details}), file=self.requests, flush=True
        )
        line = self.answers.readline()
        assert line, "the fork server has ended"
        return cast("dict[str, Any]", json.loads(line))


@contextmanager
def forks(*preloaded: str) -> Iterator[Forks]:
    """A fork server that has imported the given modules."""
    command = [sys.executable, "-W", "ignore", str(_SERVER), *preloaded]
    # One seed for both runs: a set of words has the order of its elements' hashes.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Forks(process.stdin, process.stdout)
        finally:
            process.stdin.close()


@dataclass(frozen=True, slots=True)
class Case:
    """A notebook as percent text, and the files beside it (by path from the project's root)."""

    text: str
    files: dict[str, str] = field(default_factory=dict)
    ipython: bool = False


def compare(server: Forks, case: Case, tracer: Forks | None = None) -> Outcome:
    """Run the notebook uncut and as a pipeline, in two copies of one project.

    If there is a `tracer`, it runs the notebook once more before, and the notebook is converted
    with the facts of that run.
    """
    folder = Path(tempfile.mkdtemp(prefix="meaning-", dir=_fast_folder()))
    try:
        uncut, cut = folder / "uncut", folder / "cut"
        for root in (uncut, cut):
            _write_project(root, case)
        expected = _run_uncut(server, uncut, case)
        if expected.get("error"):
            return Outcome(Kind.RAISES, detail=expected["error"])
        if tracer:
            _write_project(folder / "traced", case)
            write_facts(cut, _facts(tracer, folder / "traced", case))
        problems = [
            found for found in app.convert(cut, (PATH,)).problems if found.level is Level.ERROR
        ]
        if problems:
            codes = tuple(dict.fromkeys(found.code for found in problems))
            detail = "\n".join(f"{found.code} {found.message}" for found in problems)
            return Outcome(Kind.REFUSED, codes, detail)
        return _run_stages(server, cut, case, expected["cells"])
    finally:
        shutil.rmtree(folder)


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _write_project(root: Path, case: Case) -> None:
    files = {"pyproject.toml": "", **case.files, PATH: ipynb(case.text)}
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def _code_cells(case: Case) -> tuple[Cell, ...]:
    return tuple(cell for cell in notebook(case.text).cells if cell.kind is CellKind.CODE)


def _run_uncut(server: Forks, root: Path, case: Case) -> dict[str, Any]:
    cells = [
        {"code": cell.source, "raises": "raises-exception" in cell.tags}
        for cell in _code_cells(case)
    ]
    return server.ask("notebook", root, cells=cells, workdir="notebooks", ipython=case.ipython)


def _facts(server: Forks, root: Path, case: Case) -> Facts:
    cells = _code_cells(case)
    done = server.ask(
        "facts",
        root,
        cells=[{"code": cell.source, "number": cell.number} for cell in cells],
        workdir="notebooks",
    )
    assert "facts" in done, done
    lines = {line.pop("cell"): line for line in done["facts"]}
    assert not any("defect" in line for line in lines.values()), lines
    return Facts(
        PATH,
        tuple(
            cell_facts({**lines.get(cell.number, {}), "code": code_key(cell.source)})
            for cell in cells
        ),
    )


def stages_of_cells(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    """The stage of each cell as CONTRACT.md has it, found out apart from the tool; "" for none."""
    found, current = [], ""
    for cell in cells:
        words = [*cell.tags, *re.findall(r"^#\| (stage): *(\w+)", cell.source)]
        pairs = [word if isinstance(word, tuple) else word.split(":", 1) for word in words]
        named = [pair[-1] for pair in pairs if pair[0] in ("stage", "step", "block")]
        current = named[0] if named else current
        found.append("" if set(cell.tags) & set(_ASIDE) else current)
    return tuple(found)


def _run_stages(server: Forks, root: Path, case: Case, cells: list[dict[str, Any]]) -> Outcome:
    planned = YAML(typ="safe").load((root / "dvc.yaml").read_text())["stages"]
    owners = stages_of_cells(_code_cells(case))
    for stage in _latest_first(planned):
        done = server.ask("stage", root, module=f"pipeline.{stage}")
        if done["error"]:
            return Outcome(Kind.FAILED, detail=_told(root, stage, done["error"]))
        shown = "".join(
            cell["shown"] for cell, owner in zip(cells, owners, strict=True) if owner == stage
        )
        # Where the stage is a notebook, IPython itself runs its magics too.
        if _without_magics(done["shown"], case) != _without_magics(shown, case):
            told = f"shows:\n{done['shown']}the notebook shows:\n{shown}"
            return Outcome(Kind.DIFFERENT, detail=_told(root, stage, told))
    return _compare_values(server, root, planned, owners, cells)


def _without_magics(shown: str, case: Case) -> str:
    """What a run shows without what IPython's magics tell."""
    return _TOLD_BY_MAGICS.sub("", shown.replace("\r\n", "\n")) if case.ipython else shown


def _told(root: Path, stage: str, told: str) -> str:
    module = (root / "pipeline" / f"{stage}.py").read_text()
    return f"stage '{stage}' {told}\n--- pipeline/{stage}.py\n{module}"


def _latest_first(planned: dict[str, Any]) -> Iterator[str]:
    """The stages in an order that DVC may take, as far from the notebook's as it can be.

    What the notebook's order alone would put right, and no edge in dvc.yaml, comes out wrong.
    """
    waiting = {name: {*_paths(stage, "deps")} for name, stage in planned.items()}
    makes = {name: {*_paths(stage, "outs", "metrics", "plots")} for name, stage in planned.items()}
    while waiting:
        missing = set().union(*(makes[name] for name in waiting))
        ready = [name for name, deps in waiting.items() if not _touch(deps, missing)]
        assert ready, f"the stages {sorted(waiting)} wait for each other"
        del waiting[ready[-1]]
        yield ready[-1]


def _paths(stage: dict[str, Any], *keys: str) -> Iterator[str]:
    for key in keys:
        for entry in stage.get(key, ()):
            yield from entry if isinstance(entry, dict) else (entry,)


def _touch(deps: set[str], missing: set[str]) -> bool:
    return any(
        dep == out or dep.startswith(f"{out}/") or out.startswith(f"{dep}/")
        for dep in deps
        for out in missing
    )


def _compare_values(
    server: Forks,
    root: Path,
    planned: dict[str, Any],
    owners: tuple[str, ...],
    cells: list[dict[str, Any]],
) -> Outcome:
    """Each value that crosses is one that the notebook has after a cell of the stage."""
    made = {path: name for name, stage in planned.items() for path in _paths(stage, "outs")}
    artifacts = {path: name for path, name in made.items() if _names(path)}
    request = [(path, _names(path)) for path in artifacts]
    done = server.ask("values", root, artifacts=request)
    if "error" in done:
        return Outcome(Kind.FAILED, detail=f"an artifact can't be loaded: {done['error']}")
    for path, stage in artifacts.items():
        pairs = zip(cells, owners, strict=True)
        after = [cell["values"] for cell, owner in pairs if owner == stage]
        for name in _names(path):
            wanted = {values.get(name) for values in after}
            found = done["values"][path].get(name)
            if found not in wanted:
                told = f"stores {name} = {found}, the notebook has {wanted}"
                return Outcome(Kind.DIFFERENT, detail=_told(root, stage, told))
    return Outcome(Kind.EQUAL)


def _names(path: str) -> tuple[str, ...]:
    """The variables in an artifact; none where it is another file, or holds a random state, or
    where its name has no room for them.
    """
    stem = Path(path).stem
    others = ("/done.txt", ".ipynb")
    if not path.startswith("artifacts/") or path.endswith(others) or len(stem) >= 100:
        return ()
    names = tuple(re.sub(r"-\d+$", "", stem).split("+"))
    return () if any(name.endswith("_random_state") for name in names) else names
