"""A version that gets copies of requests: what is told of it, and that nobody else notices."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from nbstage.bundle import Bundle
from nbstage.deploy import shadow
from nbstage.deploy.asking import Answer, ask
from nbstage.deploy.beside import Doing
from nbstage.deploy.canary import canary
from nbstage.deploy.nouns import Differing, Serving, Site
from nbstage.deploy.place import keep_state, state_of
from nbstage.deploy.roll import deploy
from nbstage.deploy.samples import samples_in
from nbstage.deploy.service import at_address, shadow_file
from nbstage.errors import UserError
from tests.e2e.deployed import bundles, die, killed, log, needs_caddy, served, services, site
from tests.unit.serving import wait_for

__all__ = ["bundles", "site"]  # fixtures
pytestmark = [pytest.mark.slow, needs_caddy]
DOING = Doing("ada@host", lambda _: None)


def ask_meanwhile(site: Site, times: int, answers: list[Answer]) -> None:
    """Send requests of two rows each, until all of them were taken for copies."""
    rows = [{"a": 1.0}, {"a": 2.0}]
    answers.extend(ask(at_address(site), "/predict", rows) for _ in range(times))
    wait_for(lambda: taken(site) == times)


def taken(site: Site) -> float:
    """How many requests the service has counted that a shadow was to get."""
    found = samples_in(ask(at_address(site), "/metrics").text)
    return sum(one.value for one in found if one.name == "nbstage_shadow_requests_total")


def test_a_shadow_gets_copies_and_is_told_and_nothing_changes(
    site: Site, bundles: dict[str, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = bundles["v1.1.0"].folder
    deploy(site, bundles["v1.0.0"].folder, DOING)
    as_an_earlier_nbstage_did(site)
    with pytest.raises(UserError, match="was started by an earlier nbstage: it can neither share"):
        shadow.shadow(site, new, 3, DOING)
    with pytest.raises(UserError, match="it can neither share"):
        deploy(site, new, replace(DOING, canary=canary(10, 3)))
    assert not deploy(site, bundles["v1.0.0"].folder, DOING).same
    before = state_of(site)

    answers: list[Answer] = []
    with monkeypatch.context() as patched:
        patched.setattr(shadow, "_sleep", lambda *_: ask_meanwhile(site, 10, answers))
        done = shadow.shadow(site, new, 3, DOING)
    assert (done.version, done.beside, done.ok) == ("v1.1.0", "v1.0.0", True)
    assert (done.requests, done.answered, done.lost) == (10, 10, 0)
    assert (done.rows, done.different) == (20, 20)
    assert done.fields == (Differing("guess", 20, 0.5),)
    assert done.seconds > 0
    assert done.shadow_seconds > 0
    assert [answer.status for answer in answers] == [200] * 10
    assert {str(answer.data["version"]) for answer in answers} == {"v1.0.0"}  # type: ignore[index]
    assert state_of(site) == before
    assert len(services(site)) == 1
    assert not shadow_file(site).exists()
    assert log(site)[-1] == ("shadowed", "v1.1.0")

    with monkeypatch.context() as patched:
        patched.setattr(shadow, "_sleep", die)
        killed(lambda: shadow.shadow(site, new, 3, DOING))
    assert shadow_file(site).exists()
    assert served(site) == "v1.0.0"
    with pytest.raises(UserError, match="as its own shadow it would tell nothing"):
        shadow.shadow(site, bundles["v1.0.0"].folder, 3, DOING)
    assert not shadow_file(site).exists()
    assert len(services(site)) == 1

    with monkeypatch.context() as patched:
        patched.setattr(shadow, "_sleep", kill_the_shadow)
        done = shadow.shadow(site, new, 3, DOING)
    assert (done.ended, done.ok) == (True, False)
    assert state_of(site) == before


def as_an_earlier_nbstage_did(site: Site) -> None:
    """Say that what serves has no socket, which Caddy was never told of."""
    state = state_of(site)
    assert state.serving is not None
    keep_state(site, replace(state, serving=replace(state.serving, socket="")))


def kill_the_shadow(_: float, old: Serving, new: Serving) -> None:
    os.killpg(new.process.pid, signal.SIGKILL)
