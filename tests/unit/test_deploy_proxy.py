"""Caddy's settings, given to a Caddy that runs: here to one that takes all or refuses all."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nbstage.deploy import proxy
from nbstage.deploy.nouns import Site
from nbstage.deploy.place import locked
from nbstage.deploy.proxy import refresh_proxy, settings
from nbstage.errors import UserError

Reloads = list[int]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site at an address that something listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Site(tmp_path / "site", f"127.0.0.1:{listener.getsockname()[1]}")
        with locked(found, 0, lambda _: None):
            yield found


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> Reloads:
    """What `caddy reload` exits with, once for each time that it may be called."""
    left: Reloads = []

    def reload(words: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, left.pop(), "", "no such thing")

    monkeypatch.setattr(proxy, "need_caddy", lambda _: "caddy")
    monkeypatch.setattr(subprocess, "run", reload)
    return left


def write(site: Site, name: str) -> None:
    (site.folder / "run" / name).write_text(json.dumps(settings(site), indent=1) + "\n")


def test_caddy_is_told_nothing_that_it_knows(site: Site, exits: Reloads) -> None:
    write(site, "caddy.json")
    refresh_proxy(site)
    assert exits == []


def test_settings_are_kept_once_caddy_has_taken_them(site: Site, exits: Reloads) -> None:
    (site.folder / "run/caddy.json").write_text(f'"{site.address}", otherwise')
    exits += [0, 1]
    with pytest.raises(UserError, match="does not take its new settings: no such thing"):
        refresh_proxy(site)
    assert "otherwise" in (site.folder / "run/caddy.json").read_text()
    refresh_proxy(site)
    refresh_proxy(site)
    assert exits == []


def test_an_address_that_something_has_is_refused_unless_caddy_may_have_it(
    site: Site, exits: Reloads
) -> None:
    write(replace(site, address="127.0.0.1:1"), "caddy.json")
    with pytest.raises(UserError, match=r"can't take requests at .*Address already in use"):
        refresh_proxy(site)
    write(site, "caddy.next.json")  # a deployment was killed when Caddy had them
    exits += [0]
    refresh_proxy(site)
    refresh_proxy(site)
    assert exits == []


def test_caddy_gets_the_settings_before_again_if_it_may_have_the_next(
    site: Site, exits: Reloads
) -> None:
    write(site, "caddy.json")
    write(replace(site, address="127.0.0.1:1"), "caddy.next.json")
    exits += [0]
    refresh_proxy(site)
    refresh_proxy(site)
    assert exits == []
