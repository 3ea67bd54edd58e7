"""Several stages at once, ended at any moment: the lock is whole, and nothing finished is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Project, under_git_and_dvc
from tests.e2e.repro_projects import dvc_yaml, stage

pytestmark = pytest.mark.slow

KILLS = 50


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = under_git_and_dvc(tmp_path / "project")
    made.write("in.txt", "one\n")
    return made


def begun(project: Project, *arguments: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "nbstage", "repro", *arguments]
    return subprocess.Popen(
        command,
        cwd=project.root,
        env={**project.environment(), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


def status(project: Project) -> dict[str, object]:
    found: dict[str, object] = json.loads(project.run("dvc", "status", "--json"))
    return found


def fan(width: int) -> str:
    """Stages beside each other, then one that needs all of them."""
    made = [f"o{number}.txt" for number in range(width)]
    return dvc_yaml(
        *(
            stage(f"s{number}", f"cat in.txt > {path}; echo {number} >> {path}", deps=["in.txt"])
            + f"    outs: [{path}]\n"
            for number, path in enumerate(made)
        ),
        stage("all", f"cat {' '.join(made)} > all.txt", deps=made, outs=["all.txt"]),
    )


def test_stages_run_at_the_same_time_and_leave_what_dvc_leaves(project: Project) -> None:
    # Each waits for the other: one after another they would never end.
    meet = "touch {0}.on; until test -e {1}.on; do sleep 0.05; done; echo {0} > {0}.txt"
    project.write(
        "dvc.yaml",
        dvc_yaml(
            stage("late", f"{meet.format('late', 'soon')}; sleep 0.3", deps=["in.txt"])
            + "    outs: [late.txt]\n",
            stage("soon", meet.format("soon", "late"), deps=["in.txt"], outs=["soon.txt"]),
            stage("last", "cat late.txt soon.txt > l.txt", deps=["late.txt", "soon.txt"])
            + "    outs: [l.txt]\n",
        ),
    )
    project.run("nbstage", "repro", "-j2")
    lock, ignored = project.read("dvc.lock"), project.read(".gitignore")
    assert status(project) == {}
    for path in ("dvc.lock", ".gitignore", "late.txt", "soon.txt", "l.txt"):
        (project.root / path).unlink()
    project.run("dvc", "repro", "--force")
    assert (project.read("dvc.lock"), project.read(".gitignore")) == (lock, ignored)


def test_what_runs_beside_a_failure_is_kept_and_nothing_else_starts(project: Project) -> None:
    project.write(
        "dvc.yaml",
        dvc_yaml(
            stage("slow", "touch on; sleep 1; echo 1 > s.txt", outs=["s.txt"]),
            stage("bad", "until test -e on; do sleep 0.05; done; echo why; exit 4", outs=["b.txt"]),
            stage("next", "cp s.txt n.txt", deps=["s.txt"], outs=["n.txt"]),
            stage("needs", "cp b.txt x.txt", deps=["b.txt"], outs=["x.txt"]),
        ),
    )
    told = project.refuses("nbstage", "repro", "-j2")
    assert "failed   'bad': failed to run:" in told
    assert "  | why\n" in told
    assert set(status(project)) == {"bad", "next", "needs"}
    told = project.refuses("nbstage", "repro", "-j2", "--keep-going")
    assert "not run  'needs': it needs 'bad', which failed" in told
    assert set(status(project)) == {"bad", "needs"}


def test_a_gpu_is_for_one_stage_at_a_time(project: Project) -> None:
    alone = "test ! -e on && touch on && sleep 0.5 && rm on && touch {}"
    project.write(
        "dvc.yaml",
        dvc_yaml(
            *(
                stage(name, alone.format(f"{name}.txt"), "meta:\n  resources:\n    gpu: '1'")
                + f"    outs: [{name}.txt]\n"
                for name in "abc"
            )
        ),
    )
    project.run("nbstage", "repro", "-j3")


def test_ctrl_c_ends_all_that_runs_and_leaves_what_was_done(project: Project) -> None:
    project.write(
        "dvc.yaml",
        dvc_yaml(
            stage("done", "echo 1 > d.txt", outs=["d.txt"]),
            stage("long", "sh -c 'echo $$ > pid; sleep 100'; touch no", deps=["d.txt"])
            + "    outs: [no]\n",
        ),
    )
    running = begun(project)
    wait_for((project.root / "pid").exists)
    running.send_signal(signal.SIGINT)
    told = running.communicate(timeout=60)[0]
    assert (running.returncode, told.splitlines()[-1]) == (130, "interrupted")
    assert set(status(project)) == {"long"}
    with pytest.raises(ProcessLookupError):
        os.kill(int(project.read("pid")), 0)


def test_a_command_of_a_stage_may_ask_dvc_which_sees_what_is_done(project: Project) -> None:
    project.write(
        "dvc.yaml",
        dvc_yaml(
            stage("first", "cp in.txt a.txt", deps=["in.txt"], outs=["a.txt"]),
            stage(
                "asks",
                f"cp dvc.lock l.txt && {sys.executable} -m dvc status first > s.txt",
                deps=["a.txt"],
                outs=["s.txt", "l.txt"],
            ),
        ),
    )
    project.run("nbstage", "repro")
    assert "up to date" in project.read("s.txt")
    assert "first:" in project.read("l.txt")


@pytest.fixture
def aside() -> Iterator[Path]:
    """A folder with a name that is short enough for sockets in it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_killed_at_any_moment_it_loses_nothing_that_was_done(project: Project, aside: Path) -> None:
    """The lock is whole, a stage that is in it stays, and whoever goes on ends with the same."""
    draw = random.Random(7)
    project.write("dvc.yaml", fan(12))
    project.run("nbstage", "repro", "-j2")
    wanted = project.read("dvc.lock")
    for number in range(KILLS):
        project.write("in.txt", f"{number // 2}\n")
        running = begun(project, "-j2", TMPDIR=str(aside))
        time.sleep(draw.uniform(0.3, 1.6))
        running.kill()
        running.communicate()
        lock = project.read("dvc.lock")
        assert lock.count("\n") == wanted.count("\n")
    project.write("in.txt", "one\n")
    told = json.loads(project.run("nbstage", "repro", "--json"))
    assert {one["did"] for one in told["stages"]} <= {"restored", "unchanged"}
    assert project.read("dvc.lock") == wanted
    assert {path.name for path in project.root.glob(".*")} == {".dvc", ".dvcignore", ".git"} | {
        ".gitignore"
    }
    assert status(project) == {}
    wait_for(lambda: not [*aside.iterdir()])
