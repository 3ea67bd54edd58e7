"""What `nbstage repro` follows of DVC is what was read; another version is not trusted."""

from __future__ import annotations

import hashlib
import inspect
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nbstage.cli import main
from nbstage.repro import with_dvc
from nbstage.repro.inside import lock, project
from nbstage.repro.inside.files import replace_text
from nbstage.repro.inside.leftovers import clear, named
from nbstage.repro.nouns import OnError, Options

FOLLOWED = "tests/unit/repro_followed.txt"


def followed() -> dict[str, Callable[..., object]]:
    """Each function of DVC whose steps are done here in its place, or that is called from here."""
    import diskcache
    import dvc.dependency.param
    import dvc.dvcfile
    import dvc.lock
    import dvc.repo
    import dvc.repo.reproduce
    import dvc.repo.scm_context
    import dvc.rwlock
    import dvc.schema
    import dvc.stage
    import dvc.stage.cache
    import dvc.stage.decorators
    import dvc.stage.run
    import dvc.stage.serialize
    import dvc.utils.serialize._yaml
    import dvc_data.hashfile.checkout
    import dvc_data.hashfile.state
    import dvc_objects.fs.generic
    import dvc_objects.fs.utils

    places = (
        (dvc.repo, "lock_repo"),
        (dvc.repo.Repo, "_reset"),
        (dvc.repo.reproduce, "reproduce", "_reproduce", "_reproduce_stage", "handle_error"),
        (dvc.repo.reproduce, "collect_stages", "get_active_graph", "plan_repro"),
        (dvc.repo.scm_context.SCMContext, "__call__", "ignore", "track_file"),
        (dvc.stage.Stage, "reproduce", "run", "save", "commit", "remove_outs", "changed"),
        (dvc.stage.run, "run_stage", "cmd_run", "_run", "prepare_kwargs", "_make_cmd"),
        (dvc.stage.run, "_enforce_cmd_list", "get_executable", "_pull_missing_deps"),
        (dvc.stage.decorators, "rwlocked", "unlocked_repo"),
        (dvc.stage.cache.StageCache, "restore", "pull", "_cache_type_copy"),
        (dvc.stage.serialize, "to_lockfile"),
        (dvc.dvcfile.ProjectFile, "dump", "dump_stages"),
        (dvc.dvcfile.Lockfile, "dump_stages"),
        (dvc.schema, "either_or"),
        (dvc.dependency.param, "read_param_file"),
        (dvc.rwlock, "rwlock", "_edit_rwlock", "_check_blockers", "_acquire_read"),
        (dvc.rwlock, "_acquire_write", "_release_read", "_release_write"),
        (dvc.utils.serialize._yaml, "_dump", "_get_yaml", "dump_yaml", "modify_yaml"),
        (dvc_objects.fs.utils, "tmp_fname", "as_atomic"),
        (dvc_data.hashfile.checkout, "_checkout_file", "_needs_relink"),
        (dvc_data.hashfile.state.State, "set_link", "close"),
        (diskcache.Cache, "__enter__", "__exit__", "close"),
        (dvc_objects.fs.generic, "test_links"),
    )
    return {
        f"{place.__name__}.{name}": getattr(place, name)
        for place, *names in places
        for name in names
    }


def test_dvc_is_what_was_read(request: pytest.FixtureRequest) -> None:
    """`pytest --accept` writes the list anew, after the two have been compared."""
    now = {
        name: hashlib.sha256(inspect.getsource(inspect.unwrap(one)).encode()).hexdigest()[:16]
        for name, one in followed().items()
    }
    text = "".join(f"{name} {code}\n" for name, code in sorted(now.items()))
    path = Path(FOLLOWED)
    if request.config.getoption("--accept"):
        path.write_text(text, encoding="utf-8")
    held = dict(line.split() for line in path.read_text(encoding="utf-8").splitlines())
    changed = sorted(name for name in held.keys() | now.keys() if held.get(name) != now.get(name))
    mend = f"DVC {project.version()} does these in another way; read and mend repro/inside"
    assert not changed, mend


@pytest.mark.parametrize(
    ("version", "tested"),
    [("3.66.1", True), ("3.67.1", True), ("3.66.0", False), ("3.68", False), ("odd", False)],
)
def test_the_range_of_versions(version: str, tested: bool) -> None:
    assert project.is_tested(version) is tested


def test_what_the_project_depends_on_is_the_tested_range() -> None:
    low, below = project.TESTED
    assert f'"dvc>={low},<{below}"' in Path("pyproject.toml").read_text(encoding="utf-8")


def test_another_version_of_dvc_does_it_itself_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        asked.append(command[1:])
        return subprocess.CompletedProcess(command, 255)

    monkeypatch.setattr(with_dvc, "version", lambda: "4.0")
    monkeypatch.setattr(subprocess, "run", run)
    assert main(["repro", "--force", "-k", "train", "-j2"]) == 1
    assert asked == [["-m", "dvc", "repro", "--force", "--keep-going", "--", "train"]]
    assert "warning: DVC 4.0 is none of the versions" in capsys.readouterr().err


def test_each_option_has_its_argument() -> None:
    options = Options(("a", "b"), dry=True, run_cache=False, on_error=OnError.IGNORE)
    assert project.arguments(options) == [
        "--dry",
        "--no-run-cache",
        "--ignore-errors",
        "--",
        "a",
        "b",
    ]


@pytest.mark.parametrize("value", ["n", 1, 0.5, 1e-7, None, [1, "2"], "0x1F", "word " * 30])
def test_an_entry_reads_as_dvc_leaves_it_when_it_writes_the_next_one(value: object) -> None:
    entry = {"a": {"cmd": "x", "params": {"params.yaml": {"n": value}}}}
    text = lock._entry_text(entry)
    assert lock._is_stable(text) is (
        lock._entries_of(f"schema: '2.0'\nstages:\n{text}") is not None
    )


def test_a_lock_with_more_than_entries_is_left_to_dvc() -> None:
    plain = "schema: '2.0'\nstages:\n  a:\n    cmd: x\n"
    assert lock._entries_of(plain) == {"a": "  a:\n    cmd: x\n"}
    for text in (
        "stages: {}\n",
        f"{plain}# mine\n",
        f"{plain}datasets: []\n",
        "a: [",
        "schema: 1\n",
    ):
        assert lock._entries_of(text) is None


def test_a_file_is_replaced_where_its_link_leads_and_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old", encoding="utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    replace_text(link, "new", tmp_path)
    assert link.is_symlink()
    assert (real.read_text(encoding="utf-8"), real.stat().st_mode & 0o777) == ("new", 0o640)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_what_a_killed_reproduction_left_beside_results_is_removed_and_nothing_else(
    tmp_path: Path,
) -> None:
    from dvc_objects.fs.utils import tmp_fname

    left = tmp_path / named(tmp_fname)("")
    others = {tmp_path / name for name in (tmp_fname(), ".nbstage.toml", "result.tmp")}
    for path in (left, *others):
        path.touch()
    clear([tmp_path, tmp_path / "missing"])
    assert set(tmp_path.iterdir()) == others
