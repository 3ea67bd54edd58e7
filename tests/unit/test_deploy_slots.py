"""Which service gets which requests, by links in a site's folder."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from nbstage.deploy.nouns import Process, Serving, Site, State
from nbstage.deploy.place import locked
from nbstage.deploy.slots import dealt, give, new_socket, slots, tidy_sockets

NEW = Serving("new", "churn", "v1.1.0", "", 0, Process(1, ""), socket="s-new.sock")
OLD = replace(NEW, name="old", socket="s-old.sock")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    found = Site(tmp_path / "site")
    with locked(found, 0, lambda _: None):
        return found


def led_to(site: Site) -> list[str]:
    """Where each slot leads to."""
    return [Path(slot).resolve().relative_to(site.folder / "run").name for slot in slots(site)]


@pytest.mark.parametrize("percent", [1, 10, 25, 33, 50, 99, 100])
def test_a_share_of_the_requests_is_a_share_of_the_slots_at_even_distances(percent: int) -> None:
    names = dealt(NEW, percent, OLD)
    assert names.count("s-new.sock") == percent
    places = [number for number, name in enumerate(names) if name == "s-new.sock"]
    apart = {after - before for before, after in pairwise(places)}
    assert max(apart, default=0) - min(apart, default=0) <= 1


def test_a_service_gets_its_slots_and_all_of_them_in_the_end(site: Site) -> None:
    give(site, OLD)
    assert set(led_to(site)) == {"s-old.sock"}
    give(site, NEW, 10, OLD)
    assert led_to(site) == dealt(NEW, 10, OLD)
    give(site, NEW)
    assert set(led_to(site)) == {"s-new.sock"}


def test_slots_that_were_killed_in_the_making_change_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(site, OLD)
    for step in ("symlink_to", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(Path, step, killed)
            with pytest.raises(KeyboardInterrupt):
                give(site, NEW)
        assert set(led_to(site)) == {"s-old.sock"}
    give(site, NEW)
    assert set(led_to(site)) == {"s-new.sock"}
    assert len(list((site.folder / "run").glob("now-*"))) == 2  # these, and those just before


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_what_a_slot_leads_to_may_be_missing_as_after_a_reboot(site: Site) -> None:
    (site.folder / "run/now").symlink_to("now-of-a-time-before")
    give(site, NEW)
    assert set(led_to(site)) == {"s-new.sock"}


def test_sockets_of_services_that_are_gone_are_taken_away(site: Site) -> None:
    run = site.folder / "run"
    for name in ("s-new.sock", "s-old.sock", new_socket(), "caddy.sock"):
        (run / name).touch()
    tidy_sockets(site, State(NEW, leaving=(OLD,)))
    assert {path.name for path in run.glob("*.sock")} == {"s-new.sock", "s-old.sock", "caddy.sock"}
    tidy_sockets(site, State(NEW))
    assert {path.name for path in run.glob("*.sock")} == {"s-new.sock", "caddy.sock"}


def test_nobody_else_can_reach_a_service_by_its_slot(site: Site) -> None:
    give(site, NEW)
    run = site.folder / "run"
    assert run.stat().st_mode & 0o077 == 0
    assert (run / "now").resolve().stat().st_mode & 0o077 == 0
