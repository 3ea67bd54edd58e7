"""Deployments that end in the middle: what served before serves, and the next one cleans up."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace

import pytest

from nbstage.bundle import Bundle
from nbstage.deploy import roll
from nbstage.deploy.beside import Doing
from nbstage.deploy.canary import canary
from nbstage.deploy.nouns import Failed, Say, Serving, Share, Site
from nbstage.deploy.place import state_of, version_folder
from nbstage.deploy.roll import deploy
from tests.e2e.deployed import (
    bundles,
    die,
    killed,
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


def killed_when(doing: str) -> Doing:
    """A deployment that is killed when it says what it does next."""

    def say(text: str) -> None:
        if text.startswith(doing):
            die()

    return Doing("ada@host", say)


def test_whenever_a_deployment_is_killed_the_old_version_serves(
    site: Site, bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = bundles["v1.1.0"].folder
    killed(lambda: deploy(site, bundles["v1.0.0"].folder, killed_when("testing")))
    assert served(site) == ""
    deploy(site, bundles["v1.0.0"].folder, DOING)
    assert len(services(site)) == 1
    for step in ("putting", "starting", "testing", "switching"):
        killed(lambda step=step: deploy(site, new, killed_when(step)))  # type: ignore[misc]
        assert served(site) == "v1.0.0", step
    with monkeypatch.context() as patched:  # requests go to the new one, which nobody wrote down
        patched.setattr(roll, "at_address", die)
        killed(lambda: deploy(site, new, DOING))
    assert served(site) == "v1.1.0"
    assert len(services(site)) == 2
    killed(lambda: deploy(site, new, killed_when("starting")))
    assert served(site) == "v1.0.0"
    assert len(services(site)) == 1
    killed(lambda: deploy(site, new, killed_when("letting")))
    assert served(site) == "v1.1.0"
    assert deploy(site, new, DOING).same
    assert len(services(site)) == 1
    assert log(site) == [("deployed", "v1.0.0"), ("deployed", "v1.1.0")]
    names = {path.name[:6] for path in (site.folder / "versions").iterdir()}
    assert names == {"v1.0.0", "v1.1.0"}


def test_a_canary_gets_its_share_and_goes_if_it_does_badly(
    site: Site, bundles: dict[str, Bundle]
) -> None:
    deploy(site, bundles["v1.0.0"].folder, DOING)
    with under_load(site) as load:
        with pytest.raises(Failed, match="at 40% of the requests, its service ended"):
            deploy(site, bundles["v1.1.0"].folder, replace(DOING, canary=dies))
        assert served(site) == "v1.0.0"
        assert state_of(site).candidate is None
        raised = deploy(site, bundles["v1.1.0"].folder, replace(DOING, canary=canary(10, 2.0)))
    assert [share.percent for share in raised.shares] == [10, 25, 50]
    assert all(share.requests and not share.errors for share in raised.shares)
    assert served(site) == "v1.1.0"
    assert set(load.statuses) <= {200, 502}
    assert load.statuses[502] <= 3  # on their way to a service that was killed


def dies(
    site: Site, old: Serving, new: Serving, give: Callable[[int], None], say: Say
) -> tuple[Share, ...]:
    """A canary whose service is killed while it has its share."""

    def give_and_kill(percent: int) -> None:
        give(percent)
        os.kill(new.process.pid, signal.SIGKILL)

    return canary(40, 60.0)(site, old, new, give_and_kill, say)


def test_a_version_that_is_damaged_at_its_site_is_not_served(
    site: Site, bundles: dict[str, Bundle]
) -> None:
    deploy(site, bundles["v1.0.0"].folder, DOING)
    deploy(site, bundles["v1.1.0"].folder, DOING)
    (before,) = state_of(site).before
    (version_folder(site, before) / "artifacts/train/model.json").write_text("{}")
    with pytest.raises(Exception, match=r"is damaged:\n- 'artifacts/train/model\.json'"):
        roll.roll_back(site, DOING)
    assert served(site) == "v1.1.0"
