"""A site's folder and its processes: kept, found again, and never another's."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.deploy.nouns import Process, Serving, Site, State
from nbstage.deploy.place import (
    keep_state,
    locked,
    note,
    put_bundle,
    replace_file,
    state_of,
    tidy,
    version_folder,
)
from nbstage.deploy.process import is_running, start_held, stop
from nbstage.errors import UserError
from tests.deploying import paper_bundle

NOBODY = Process(1, "another boot:0")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    found = Site(tmp_path / "site")
    with locked(found, 0, lambda _: None):
        return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def serving(name: str) -> Serving:
    return Serving(name, "churn", "v1.0.0", "3f2a", 4711, NOBODY, "2026-11-21T20:00:00Z")


def test_a_site_that_nothing_was_deployed_to_serves_nothing(site: Site) -> None:
    assert state_of(site) == State()


def test_the_state_comes_back_as_it_was_written(site: Site) -> None:
    state = State(serving("a"), ("b", "c"), serving("d"), (serving("e"),), Process(7, "x:1"))
    keep_state(site, state)
    assert state_of(site) == state


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "\x00"])
def test_a_state_that_cant_be_read_is_said(text: str, site: Site) -> None:
    (site.folder / "state.json").write_text(text)
    with pytest.raises(UserError, match=r"state\.json' can't be read"):
        state_of(site)


def test_a_state_of_another_time_is_left_alone(site: Site) -> None:
    (site.folder / "state.json").write_text('{"format": 2}')
    with pytest.raises(UserError, match="which this nbstage does not know"):
        state_of(site)


def test_a_file_is_the_old_or_the_new_one(site: Site) -> None:
    path = site.folder / "file"
    replace_file(path, "old")
    with pytest.raises(UnicodeEncodeError):
        replace_file(path, "\udc80")
    assert path.read_text() == "old"
    assert names(site.folder) == ["file", "run", "versions"]


def test_the_log_has_a_line_for_each_deed(site: Site) -> None:
    note(site, "ada@host", "deployed", version="v1.0.0")
    note(site, "ada@host", "failed", why="two\nlines")
    lines = [json.loads(line) for line in (site.folder / "log.jsonl").read_text().splitlines()]
    assert [(line["did"], line["who"]) for line in lines] == [
        ("deployed", "ada@host"),
        ("failed", "ada@host"),
    ]


def test_two_deployments_at_once_are_one_and_a_refusal(site: Site) -> None:
    with (
        locked(site, 0, lambda _: None),
        pytest.raises(UserError, match="another deployment works on"),
        locked(site, 0, lambda _: None),
    ):
        pytest.fail("both have it")


def test_a_deployment_can_wait_for_another_one(site: Site) -> None:
    waiting = threading.Event()
    order: list[str] = []

    def second() -> None:
        with locked(site, 60, lambda _: waiting.set()):
            order.append("second")

    with locked(site, 0, lambda _: None):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(60)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_disk_that_is_full_is_said(site: Site) -> None:
    with (
        pytest.raises(UserError, match="'half' can't be used: No space left on device"),
        locked(site, 0, lambda _: None),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "half")
    with locked(site, 0, lambda _: None):
        assert state_of(site) == State()


def test_a_place_that_cant_be_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match=r"can't be used: Not a directory"),
        locked(Site(tmp_path / "file/site"), 0, lambda _: None),
    ):
        pytest.fail("it is no folder")


def test_a_bundle_is_put_there_once(site: Site, tmp_path: Path) -> None:
    bundle = paper_bundle(tmp_path / "bundle")
    name = put_bundle(site, bundle.folder)
    assert name.startswith("v1.0.0-")
    before = version_folder(site, name).stat().st_ino
    assert put_bundle(site, bundle.folder) == name
    assert version_folder(site, name).stat().st_ino == before


def test_another_content_is_another_folder(site: Site, tmp_path: Path) -> None:
    one = paper_bundle(tmp_path / "one")
    other = paper_bundle(tmp_path / "other", commit="4711")
    assert put_bundle(site, one.folder) != put_bundle(site, other.folder)


def test_a_version_that_was_damaged_there_is_put_there_again(site: Site, tmp_path: Path) -> None:
    bundle = paper_bundle(tmp_path / "bundle")
    name = put_bundle(site, bundle.folder)
    (version_folder(site, name) / "params.yaml").write_text("slope: 3\n")
    assert put_bundle(site, bundle.folder) == name
    assert (version_folder(site, name) / "params.yaml").read_text() == "slope: 2\n"


def test_a_damaged_bundle_is_refused(site: Site, tmp_path: Path) -> None:
    bundle = paper_bundle(tmp_path / "bundle")
    (bundle.folder / "params.yaml").write_text("slope: 3\n")
    with pytest.raises(UserError, match="is damaged"):
        put_bundle(site, bundle.folder)
    assert not list((site.folder / "versions").iterdir())


def test_what_no_rollback_leads_to_is_taken_away(site: Site) -> None:
    for name in ("old", "before", "now", "new", ".new-half"):
        version_folder(site, name).mkdir()
        (site.folder / f"run/{name}.log").touch()
    state = State(serving("now"), ("before",), serving("new"))
    tidy(site, state)
    assert names(site.folder / "versions") == ["before", "new", "now"]
    assert not (site.folder / "run/old.log").exists()


# --- processes


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_process_waits_until_it_is_let_go(tmp_path: Path) -> None:
    held = start_held(python("print('here')"), tmp_path / "log", tmp_path)
    assert is_running(held.process)
    assert (tmp_path / "log").read_bytes() == b""
    held.let_go()
    assert held.popen.wait() == 0
    assert not is_running(held.process)
    assert (tmp_path / "log").read_text() == "here\n"


def test_a_process_whose_starter_is_gone_ends_by_itself(tmp_path: Path) -> None:
    held = start_held(python("print('here')"), tmp_path / "log", tmp_path)
    assert held.popen.stdin is not None
    held.popen.stdin.close()
    assert held.popen.wait() != 0
    assert (tmp_path / "log").read_text() == ""


def test_names_are_no_part_of_a_shells_program(tmp_path: Path) -> None:
    held = start_held(
        [*python("import sys; print(sys.argv[1:])"), "$(reboot)", "; x", "a b"],
        tmp_path / "log",
        tmp_path,
    )
    held.let_go()
    held.popen.wait()
    assert (tmp_path / "log").read_text() == "['$(reboot)', '; x', 'a b']\n"


def test_a_process_is_stopped_and_one_that_does_not_listen_is_made_to(tmp_path: Path) -> None:
    polite = start_held(["sleep", "600"], tmp_path / "log", tmp_path)
    polite.let_go()
    assert stop(polite.process, 60)
    deaf = start_held(
        python(
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            "print('deaf', flush=True); time.sleep(600)"
        ),
        tmp_path / "deaf",
        tmp_path,
    )
    deaf.let_go()
    while not (tmp_path / "deaf").read_text():
        pass
    assert not stop(deaf.process, 0.1)
    assert not is_running(polite.process)
    assert not is_running(deaf.process)


def test_a_later_process_with_the_same_number_is_never_stopped(tmp_path: Path) -> None:
    other = start_held(["sleep", "600"], tmp_path / "log", tmp_path)
    other.let_go()
    mistaken = replace(other.process, started="another boot:1")
    assert not is_running(mistaken)
    assert stop(mistaken, 0)
    assert is_running(other.process)
    stop(other.process, 60)


def test_a_process_gets_no_secrets_of_whoever_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    held = start_held(["env"], tmp_path / "log", tmp_path, GIVEN="yes")
    held.let_go()
    held.popen.wait()
    told = (tmp_path / "log").read_text()
    assert "hunter2" not in told
    assert "GIVEN=yes" in told
    assert "PATH=" in told
