"""Which stage is next, what it needs, and from where it starts."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.repro import doubt
from nbstage.repro.needs import need_of, size_of
from nbstage.repro.nouns import CUT, Did, Ended
from nbstage.repro.reproduce import file_name
from nbstage.repro.schedule import Need, Schedule
from nbstage.repro.told import line_of, output_of, summary_of
from nbstage.repro.warm import imported_first, module_of, shared_paths, warm_starts

DIAMOND = {"b": ["a"], "c": ["a"], "d": ["b", "c"]}


def schedule(room: Need, **needs: Need) -> Schedule[str]:
    return Schedule("abcd", DIAMOND, lambda name: needs.get(name, Need()), room)


def started(one: Schedule[str]) -> str:
    found = ""
    while (name := one.next()) is not None:
        found += name
    return found


def test_a_stage_starts_when_those_before_it_are_done() -> None:
    one = schedule(Need(4))
    assert started(one) == "a"
    one.done("a")
    assert started(one) == "bc"
    one.done("c")
    assert started(one) == ""
    one.done("b")
    assert started(one) == "d"


def test_one_at_a_time_keeps_the_order() -> None:
    one, order = schedule(Need(1)), ""
    while (name := started(one)) != "":
        order += name
        one.done(name)
    assert order == "abcd"


@pytest.mark.parametrize("needs", [Need(2), Need(1, memory=700), Need(1, gpus=1)])
def test_what_has_no_room_beside_another_waits(needs: Need) -> None:
    one = schedule(Need(2, memory=1000, gpus=1), b=needs, c=needs)
    assert started(one) == "a"
    one.done("a")
    assert started(one) == "b"
    one.done("b")
    assert started(one) == "c"


def test_what_needs_more_than_there_is_runs_alone() -> None:
    one = schedule(Need(2, memory=1000), a=Need(64, memory=10**12, gpus=8))
    assert started(one) == "a"


def test_what_is_dropped_never_starts() -> None:
    one = schedule(Need(4))
    started(one)
    assert one.drop("bd") == ["b", "d"]
    one.done("a")
    assert started(one) == "c"


@pytest.mark.parametrize(
    ("text", "size"),
    [("4G", 4 * 1024**3), ("512Mi", 512 * 1024**2), ("1.5 GB", 1536 * 1024**2), ("7", 7), ("x", 0)],
)
def test_sizes(text: str, size: int) -> None:
    assert size_of(text) == size


def test_what_a_stage_needs_is_said_by_its_tags_else_by_its_trace() -> None:
    assert need_of({"resources": {"cpu": "2", "memory": "1K"}}, 5.0) == Need(2, 1024)
    assert need_of({"resources": {"nvidia.com/gpu": "1", "cpu": "0.5"}}, 0.0) == Need(1, 0, 1)
    assert need_of({"resources": {"cpu": "many", "gpu": "inf"}}, 0.0) == Need()
    assert need_of(None, 10.0) == Need(1, 12_000_000)
    assert need_of({"resources": ["cpu"]}, 0.0) == Need()


def test_only_imports_before_anything_else_count() -> None:
    source = (
        '"""Doc."""\nfrom __future__ import annotations\nimport os\nimport numpy as np, a.b\n'
        "from sklearn.tree import X\nimport own\nimport scipy\n"
    )
    assert imported_first(source, Path()) == (
        "numpy",
        "a",
        "a.b",
        "sklearn",
        "sklearn.tree",
        "own",
        "scipy",
    )


@pytest.mark.parametrize(
    "line", ["x = 1", "import own", "from . import x", "try:\n  import z\nexcept ImportError: pass"]
)
def test_what_may_run_anything_ends_the_imports(line: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").touch()
    assert imported_first(f"import numpy\n{line}\nimport scipy\n", tmp_path) == ("numpy",)
    assert imported_first("import numpy\nif\n", tmp_path) == ()


def test_stages_share_what_they_all_import_and_nothing_else() -> None:
    first = {
        "one": ("numpy", "pandas"),
        "two": ("pandas", "numpy", "sklearn", "x"),
        "three": ("sklearn", "numpy", "pandas", "y"),
        "none": (),
    }
    paths = shared_paths(first)
    assert paths["none"] == ()
    assert paths["one"] == (("numpy", "pandas"),)
    assert paths["two"] == paths["three"] == (("numpy", "pandas"), ("sklearn",))
    for stage, path in paths.items():
        assert {name for step in path for name in step} <= set(first[stage])


def test_only_what_convert_wrote_is_forked(tmp_path: Path) -> None:
    assert module_of("python -m pipeline.train") == "pipeline.train"
    for text in ("python -m pipeline.train --x", "python -m other.x", "A=1 python -m pipeline.x"):
        assert module_of(text) is None
    assert module_of(["python -m pipeline.train"]) is None
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/own.py").write_text("import numpy\n", encoding="utf-8")
    assert warm_starts({"own": "pipeline.own", "gone": "pipeline.gone"}, tmp_path) == {}


def doubt_after(code: str) -> str:
    """What is said of a process that has done this."""
    path = str(Path(doubt.__file__))
    fork = "import os, runpy\nos.fork() or os._exit(0)\nos.wait()"
    text = f"{code}\n{fork}\nprint(runpy.run_path({path!r})['doubt']())"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import random, numpy, pandas, pyarrow.parquet, sklearn.ensemble, matplotlib.pyplot", ""),
        (
            "from threading import *; Thread(target=Event().wait, daemon=True).start()",
            "its libraries start threads at import (python)",
        ),
        (
            "import random, json; json.draws = random.Random(1)",
            "'json' keeps random numbers of its own",
        ),
        (
            "import numpy, json; json.draws = numpy.random.default_rng()",
            "'json' keeps random numbers of its own",
        ),
        ("import random, json; json.draws = random.SystemRandom()", ""),
        # A stand-in: not every machine has one to open.
        ("import os; os.readlink = lambda _: '/dev/nvidia0'", "its libraries open a GPU at import"),
        ("import os; os.readlink = lambda _: '/dev/kfd'", "its libraries open a GPU at import"),
    ],
)
def test_a_process_that_a_fork_can_not_stand_for_is_found(code: str, said: str) -> None:
    assert doubt_after(code) == said


def test_what_is_said_of_a_stage() -> None:
    failed = Ended("a", Did.FAILED, 2.0, why="no", output="\n".join(map(str, range(100))))
    assert line_of(failed) == "failed   'a': no"
    assert output_of(failed, whole=False).splitlines()[:2] == ["  | (40 lines before)", "  | 40"]
    cut = replace(failed, output=f"{CUT}a.txt)\n{failed.output}")
    assert output_of(cut, whole=False).splitlines()[:2] == [f"  | {CUT}a.txt)", "  | 40"]
    assert len(output_of(failed, whole=True).splitlines()) == 100
    assert line_of(Ended("a", Did.UNCHANGED)) is None
    assert summary_of([], 1.0) == "there is no stage to reproduce"
    ran = Ended("b", Did.RAN, 90.0)
    assert line_of(ran) == "ran      'b' in 1 min 30 s"
    assert summary_of([ran, failed, Ended("c", Did.SKIPPED)], 3.0) == (
        "1 ran, 1 failed, 1 not run, in 3.0 s"
    )


def test_each_stage_has_an_output_file_of_its_own() -> None:
    names = ["train", "train@a", "sub/dvc.yaml:train", "sub_dvc.yaml:train", "a" * 200, "a" * 201]
    files = [file_name(name) for name in names]
    assert files[:2] == names[:2]
    assert len(set(files)) == len(names)
    assert all("/" not in file and len(file) < 120 for file in files)
