"""`nbstage repro` beside the other ways to run the same: `python -m benchmarks.repro`.

Seconds by the clock, as what is compared is what somebody waits for. The ways take turns, so that
what else the machine does meets all of them; what counts are the ratios.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.cpu import Failed
from benchmarks.projects import ROOT
from benchmarks.table import between_marks

PAGE = ROOT / "docs" / "repro.md"
RUNS = 5
BIN = Path(sys.executable).parent
NBSTAGE, DVC, PAPERMILL = (str(BIN / name) for name in ("nbstage", "dvc", "papermill"))
Way = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class Work:
    """A project, made in a folder, and the ways to run it: each time in a copy, or, where it is to
    be up to date already, in itself.
    """

    name: str
    make: Callable[[Path], None]
    ways: tuple[Way, ...]
    runs: int = RUNS
    done: bool = False


def main() -> int:
    """Measure all and write the table into the page; names of works as arguments: only those."""
    chosen = [work for work in WORKS if not sys.argv[1:] or work.name in sys.argv[1:]]
    head = _head()
    with tempfile.TemporaryDirectory(prefix="nbstage-bench-") as top:
        try:
            tables = [_told(_table(work, _measure(work, Path(top)))) for work in chosen]
        except Failed as failed:
            print(f"a command that was to be measured failed:\n{failed}", file=sys.stderr)
            return 1
    text = "\n\n".join([head, *tables])
    if len(chosen) == len(WORKS):
        PAGE.write_text(between_marks(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0


def _head() -> str:
    return (
        f"Seconds by the clock, medians, the ways in turn, on a machine of {os.cpu_count()} cores "
        f"with a load of {os.getloadavg()[2]:.1f} before: look at the ratios."
    )


def _told(table: str) -> str:
    print(table, flush=True)
    return table


def _measure(work: Work, top: Path) -> dict[str, float]:
    """The median of each way's seconds, each run in a project of its own."""
    template = top / "template"
    template.mkdir()
    work.make(template)
    seconds: dict[str, list[float]] = {name: [] for name, _ in work.ways}
    for number in range(work.runs + 1):
        for name, command in work.ways:
            spent = _run(command, template) if work.done else _in_copy(command, template)
            if number:  # the first fills the disk's cache
                seconds[name].append(spent)
        print(f"{work.name}: {number} of {work.runs}", file=sys.stderr)
    shutil.rmtree(template)
    return {name: statistics.median(found) for name, found in seconds.items()}


def _in_copy(command: list[str], template: Path) -> float:
    folder = template.with_name("run")
    shutil.copytree(template, folder, symlinks=True)
    spent = _run(command, folder)
    shutil.rmtree(folder)
    return spent


def _run(command: list[str], folder: Path) -> float:
    before = time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - before


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "MPLBACKEND": "agg",
    }


def _table(work: Work, seconds: Mapping[str, float]) -> str:
    ours = seconds[_OURS]
    rows = [f"| {name} | {one:.1f} | {one / ours:.2f} |" for name, one in seconds.items()]
    return "\n".join(
        [f"| {work.name}, {work.runs} runs | s | times `{_OURS}` |", "|---|---:|---:|", *rows]
    )


# --- the works


_OURS = "nbstage repro -j1"
_TWO = "nbstage repro -j2"


def _project(folder: Path, cells: list[str], *, script: str = "") -> None:
    """A project of one notebook, converted, under git and DVC."""
    notebook = {
        "cells": [_cell(number, *cell.partition("\n")[::2]) for number, cell in enumerate(cells)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "notebooks").mkdir()
    text = json.dumps(notebook)
    (folder / "notebooks/work.ipynb").write_text(text, encoding="utf-8")
    code = script or "\n".join(cell.partition("\n")[2] for cell in cells)
    (folder / "notebooks/script.py").write_text(code, encoding="utf-8")
    _prepare(folder)


def _cell(number: int, tag: str, code: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"cell-{number}",
        "metadata": {"tags": [tag]},
        "outputs": [],
        "source": code,
    }


def _prepare(folder: Path) -> None:
    for command in (
        ["git", "init", "--quiet"],
        [DVC, "init", "--quiet"],
        [NBSTAGE, "convert", "--static"],
    ):
        _run(command, folder)


def _churn(folder: Path) -> None:
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"))
    for name in ("params.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    notebook = json.loads((folder / "notebooks/churn.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    (folder / "notebooks/script.py").write_text("\n".join(cells), encoding="utf-8")
    _prepare(folder)


def _chain(folder: Path, *, imports: str = "", step: str = "{0}", seconds: float = 0.0) -> None:
    """Ten stages, each with a step on a small table, again and again for so many seconds."""
    first = "t0 = pd.DataFrame({'a': range(20_000), 'b': np.arange(20_000) % 7 / 3})"
    again = f"until = time.process_time() + {seconds}\nwhile time.process_time() < until:\n    "
    steps = []
    for n in range(1, 10):
        column = step.format(f"t{n - 1}['a'] * {n} + t{n - 1}['b'].cumsum()")
        line = f"t{n} = t{n - 1}.assign(c{n}={column})"
        steps.append(f"stage:s{n}\n{again if seconds else ''}{line}")
    cells = f"imports\nimport time\nimport numpy as np\nimport pandas as pd\n{imports}".rstrip()
    _project(folder, [cells, f"stage:s0\n{first}", *steps])


def _copies(folder: Path, stages: int) -> None:
    """Stages that copy a line of text."""
    entries = [
        f"  s{n}:\n    cmd: cp in.txt out-{n}.txt\n    deps: [in.txt]\n    params: [n]\n"
        f"    outs: [out-{n}.txt]\n"
        for n in range(stages)
    ]
    (folder / "dvc.yaml").write_text(f"stages:\n{''.join(entries)}", encoding="utf-8")
    (folder / "params.yaml").write_text("n: 1\n", encoding="utf-8")
    (folder / "in.txt").write_text("a line\n", encoding="utf-8")
    for command in (["git", "init", "--quiet"], [DVC, "init", "--quiet"]):
        _run(command, folder)


def _done_copies(folder: Path, stages: int) -> None:
    """The same, up to date."""
    _copies(folder, stages)
    _run([NBSTAGE, "repro"], folder)


def _diamond(folder: Path) -> None:
    """A table, four stages that wait four seconds each, and what becomes of them together."""
    slow = [f"stage:slow{n}\ntime.sleep(4)\nr{n} = int(t['a'].sum()) * {n}" for n in range(1, 5)]
    cells = [
        "imports\nimport time\nimport pandas as pd",
        "stage:table\nt = pd.DataFrame({'a': range(1000)})",
        *slow,
        "stage:together\ntotal = r1 + r2 + r3 + r4",
    ]
    _project(folder, cells)


def _tables(folder: Path) -> None:
    """A table of one gigabyte made in one stage, and read in the next."""
    cells = [
        "imports\nimport numpy as np\nimport pandas as pd",
        "stage:make\nwide = pd.DataFrame(np.random.default_rng(1).random((12_500_000, 10)))\n"
        "wide.columns = list('abcdefghij')",
        "stage:use\nsums = wide.sum()",
    ]
    _project(folder, cells)


_SCRIPT: Way = (
    "the notebook's code as one script",
    ["sh", "-c", "cd notebooks && exec python script.py"],
)
_NOTEBOOK: Way = (
    "the notebook, through papermill",
    [PAPERMILL, "notebooks/work.ipynb", "out.ipynb", "--cwd", "notebooks", "--no-progress-bar"],
)
_DISK: Way = (
    "a gigabyte written to the disk and read, by dd",
    ["sh", "-c", "dd if=/dev/zero of=x bs=1M count=954 conv=fsync && dd if=x of=/dev/null bs=1M"],
)
_CHURN_NOTEBOOK: Way = (_NOTEBOOK[0], [PAPERMILL, "notebooks/churn.ipynb", *_NOTEBOOK[1][2:]])
_REPROS: tuple[Way, ...] = (
    ("dvc repro", [DVC, "repro"]),
    (_OURS, [NBSTAGE, "repro", "-j1"]),
    (_TWO, [NBSTAGE, "repro", "-j2"]),
)

WORKS = (
    Work("the example (churn)", _churn, (_CHURN_NOTEBOOK, _SCRIPT, *_REPROS)),
    Work("ten light stages in a chain", _chain, (_NOTEBOOK, _SCRIPT, *_REPROS)),
    Work(
        "ten light stages that use scikit-learn",
        partial(_chain, imports="from sklearn.preprocessing import scale", step="scale({0})"),
        (_NOTEBOOK, _SCRIPT, *_REPROS),
    ),
    Work(
        "ten stages of 0.2 s in a chain",
        partial(_chain, seconds=0.2),
        (_NOTEBOOK, _SCRIPT, *_REPROS),
    ),
    Work("four stages of 4 s beside each other", _diamond, (_NOTEBOOK, _SCRIPT, *_REPROS)),
    Work("one gigabyte between two stages", _tables, (_DISK, _SCRIPT, *_REPROS)),
    Work("nothing to do in 50 stages", partial(_done_copies, stages=50), _REPROS[:2], done=True),
    Work(
        "nothing to do in 1,000 stages", partial(_done_copies, stages=1000), _REPROS[:2], done=True
    ),
    Work("1,000 stages that copy a line", partial(_copies, stages=1000), _REPROS[1:], runs=1),
)

if __name__ == "__main__":
    sys.exit(main())
