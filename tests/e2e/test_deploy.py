"""Versions that take over from each other, under load; and those that may not."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.bundle import Bundle
from nbstage.deploy.beside import Doing
from nbstage.deploy.nouns import Failed, Site
from nbstage.deploy.place import state_of
from nbstage.deploy.process import stop
from nbstage.deploy.roll import deploy, look, roll_back, start
from nbstage.deploy.smoke import passed
from nbstage.errors import UserError
from tests.e2e.deployed import (
    break_bundle,
    bundles,
    free_port,
    log,
    needs_caddy,
    served,
    services,
    site,
    under_load,
)

__all__ = ["bundles", "site"]  # fixtures
pytestmark = [pytest.mark.slow, needs_caddy]
DOING = Doing("ada@host", lambda _: None)


def test_a_version_takes_over_and_gives_back_without_a_request_lost(
    site: Site, bundles: dict[str, Bundle]
) -> None:
    first = deploy(site, bundles["v1.0.0"].folder, DOING)
    assert (first.version, first.before) == ("v1.0.0", "")
    assert passed(first.checks)
    with under_load(site) as load:
        second = deploy(site, bundles["v1.1.0"].folder, DOING)
        assert (second.version, second.before) == ("v1.1.0", "v1.0.0")
        assert served(site) == "v1.1.0"
        back = roll_back(site, DOING)
        assert (back.version, back.before) == ("v1.0.0", "v1.1.0")
        assert back.switched < 15
    assert set(load.statuses) == {200}
    assert set(load.versions) == {"v1.0.0", "v1.1.0"}
    assert log(site) == [("deployed", "v1.0.0"), ("deployed", "v1.1.0"), ("rolled back", "v1.0.0")]
    assert len(services(site)) == 1
    with pytest.raises(Failed, match="is the first version in"):
        roll_back(site, DOING)
    again = deploy(site, bundles["v1.0.0"].folder, DOING)
    assert again.same
    assert len(log(site)) == 3
    assert passed(look(site))
    with pytest.raises(Failed, match="is for the model 'other', and this is 'line'"):
        deploy(replace(site, model="other"), bundles["v1.1.0"].folder, DOING)


def test_a_version_that_fails_its_smoke_test_changes_nothing(
    site: Site, bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    deploy(site, bundles["v1.0.0"].folder, DOING)
    before = state_of(site)
    with pytest.raises(Failed) as caught:
        deploy(replace(site, latency=0.000001), bundles["v1.1.0"].folder, DOING)
    assert caught.value.message.startswith("'line v1.1.0' does not serve: its smoke test failed:")
    assert "- latency: half within" in caught.value.message
    assert "what it printed last:\nserving line v1.1.0 at" in caught.value.message
    assert caught.value.hint == "'v1.0.0' serves on."
    broken = break_bundle(bundles["v1.1.0"], tmp_path / "broken")
    with pytest.raises(Failed, match="predicts otherwise here than where it was made"):
        deploy(site, broken, DOING)
    assert state_of(site) == before
    assert served(site) == "v1.0.0"
    assert len(services(site)) == 1
    assert log(site)[1:] == [("failed", "v1.1.0"), ("failed", "v1.1.0")]


def test_a_site_is_started_again_after_the_machine_was(
    site: Site, bundles: dict[str, Bundle]
) -> None:
    with pytest.raises(Failed, match="nothing was ever deployed"):
        start(site, DOING)
    deploy(site, bundles["v1.0.0"].folder, DOING)
    state = state_of(site)
    assert state.serving is not None
    assert state.proxy is not None
    stop(state.serving.process, 20)
    stop(state.proxy, 20)
    assert served(site) == ""
    assert not passed(look(site))
    assert start(site, DOING).version == "v1.0.0"
    assert served(site) == "v1.0.0"
    assert start(site, DOING).same
    assert len(list((site.folder / "run").glob("s-*.sock"))) == 1


def test_an_address_that_is_taken_is_said_and_nothing_is_left(
    site: Site, bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    deploy(site, bundles["v1.0.0"].folder, DOING)
    other = replace(site, folder=tmp_path / "other")
    with pytest.raises(Failed, match=r"Caddy can't take requests at .*Address already in use"):
        deploy(other, bundles["v1.1.0"].folder, DOING)
    assert not services(other)
    assert served(site) == "v1.0.0"


def test_a_version_can_take_over_at_another_address(site: Site, bundles: dict[str, Bundle]) -> None:
    deploy(site, bundles["v1.0.0"].folder, DOING)
    before = state_of(site).proxy
    moved = replace(site, address=f"127.0.0.1:{free_port()}")
    deploy(moved, bundles["v1.1.0"].folder, DOING)
    assert served(moved) == "v1.1.0"
    assert served(site) == ""
    assert state_of(site).proxy == before


def test_a_path_that_is_too_long_for_a_socket_is_refused(
    site: Site, bundles: dict[str, Bundle], tmp_path: Path
) -> None:
    long = replace(site, folder=tmp_path / ("x" * 100))
    with pytest.raises(UserError, match="is too long: a socket has to lie below it"):
        deploy(long, bundles["v1.0.0"].folder, DOING)
    assert "x" * 100 not in os.listdir(tmp_path)  # noqa: PTH208 - its name alone
