"""A version takes over from another: deployed, rolled back, started again.

What serves is stopped last, and its successor is recorded before: whatever ends a deployment, and
wherever, requests are answered, and the next one finds what was left.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from nbstage.bundle import Bundle
from nbstage.deploy.beside import (
    Doing,
    candidate,
    clear,
    deployed,
    recovered,
    refuse_earlier,
    refuse_failed,
    refuse_model,
    serves,
    version_of,
)
from nbstage.deploy.nouns import Check, Deployed, Failed, Serving, Share, Site, State
from nbstage.deploy.place import KEPT, bundle_of, keep_state, locked, note, put_bundle, state_of
from nbstage.deploy.process import is_running
from nbstage.deploy.proxy import await_proxy, hold_proxy, need_caddy, refresh_proxy
from nbstage.deploy.service import at_address, at_port
from nbstage.deploy.slots import give
from nbstage.deploy.smoke import passed, smoke


def deploy(site: Site, source: Path, doing: Doing) -> Deployed:
    """Serve the bundle in a folder at the site, in the place of what is served there.

    Raises Failed where it doesn't pass its smoke test: then nothing has changed.
    """
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = recovered(site)
        if doing.canary and state.serving and serves(state):
            refuse_earlier(state.serving)
        doing.say("putting the bundle there")
        name = put_bundle(site, source)
        before = (state.serving.name,) if state.serving and state.serving.name != name else ()
        earlier = tuple(one for one in state.before if one not in (name, *before))
        return _take_over(site, state, _To("deployed", name, (*earlier, *before)), doing)


def roll_back(site: Site, doing: Doing) -> Deployed:
    """Serve what was served before. Each time again leads further back. Raises Failed."""
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = recovered(site)
        serving = deployed(site, state)
        if not state.before:
            raise Failed(
                f"'{version_of(serving)}' is the first version in '{site.folder}': there is no way "
                "back",
                "`nbstage deploy MODEL@VERSION` puts another one there.",
            )
        to = _To("rolled back", state.before[-1], state.before[:-1])
        return _take_over(site, state, to, doing)


def start(site: Site, doing: Doing) -> Deployed:
    """Serve again what is to be served, after the machine was started anew. Raises Failed."""
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = recovered(site)
        to = _To("started", deployed(site, state).name, state.before)
        return _take_over(site, state, to, doing)


def look(site: Site) -> tuple[Check, ...]:
    """What a smoke test says of what is served at the site's address. Raises Failed for nothing."""
    serving = deployed(site, state_of(site))
    return smoke(at_address(site), bundle_of(site, serving.name), site.latency)


@dataclass(frozen=True, slots=True)
class _To:
    """What is done, which version serves then, and what a rollback leads back through then."""

    did: str
    name: str
    before: tuple[str, ...]


def _take_over(site: Site, state: State, to: _To, doing: Doing) -> Deployed:
    """Let a version serve."""
    begun = time.monotonic()
    bundle = bundle_of(site, to.name)
    refuse_model(site, state, bundle)
    was = version_of(state.serving)
    told = Deployed(to.did, bundle.model, bundle.version or to.name, was, site.address)
    told = replace(told, notes=_notes(site, state, doing))
    if checks := _already(site, state, to, bundle, doing):
        return replace(told, checks=checks, same=True)
    with candidate(site, state, to.name, bundle, doing) as (starting, serving):
        doing.say("testing the new service")
        checks = smoke(at_port(site, serving), bundle, site.latency)
        refuse_failed(site, serving, checks)
        shares = _canary(site, starting, serving, doing)
        doing.say("switching requests to it")
        state = _switch(site, starting, serving, bundle, to)
    switched = time.monotonic() - begun
    about = {"version": version_of(serving), "folder": to.name, "was": was, "why": doing.reason}
    note(site, doing.who, to.did, **about)
    doing.say("letting the old service end what it has begun")
    clear(site, state)
    return replace(told, checks=checks, shares=shares, switched=switched)


def _already(site: Site, state: State, to: _To, bundle: Bundle, doing: Doing) -> tuple[Check, ...]:
    """The checks of a version that is served as it should be; none where it isn't.

    One that an earlier nbstage started is deployed anew when it is asked for again.
    """
    if state.serving is None or state.serving.name != to.name or not serves(state):
        return ()
    if to.did == "deployed" and not state.serving.socket:
        return ()
    doing.say("testing what is served")
    checks = smoke(at_address(site), bundle, site.latency)
    return checks if passed(checks) else ()


def _notes(site: Site, state: State, doing: Doing) -> tuple[str, ...]:
    notes = []
    if doing.canary and not serves(state):
        notes.append("nothing served before: all requests went to it at once")
    tokens = site.folder / "tokens"
    if not (tokens.is_file() and tokens.stat().st_size):
        made = f"`nbstage serve --new-token NAME --tokens {tokens}` makes one"
        notes.append(f"nobody has a token for it yet: {made}")
    return tuple(notes)


def _switch(site: Site, state: State, serving: Serving, bundle: Bundle, to: _To) -> State:
    """Let requests go to the new service, and write down that it serves. Raises Failed."""
    state = _pass_on(site, state, serving)
    refuse_failed(site, serving, smoke(at_address(site), bundle, site.latency, times=1))
    leaving = (*state.leaving, *([state.serving] if state.serving else []))
    done = replace(state, serving=serving, before=to.before[-KEPT:], candidate=None)
    return keep_state(site, replace(done, leaving=leaving))


def _pass_on(site: Site, state: State, serving: Serving) -> State:
    """Let requests go to a service; Caddy is started where it doesn't run."""
    give(site, serving)
    if state.proxy and is_running(state.proxy):
        refresh_proxy(site)
        return state
    held = hold_proxy(site)
    state = keep_state(site, replace(state, proxy=held.process))
    held.let_go()
    await_proxy(site, held.process)
    return state


def _canary(site: Site, state: State, serving: Serving, doing: Doing) -> tuple[Share, ...]:
    """How the new service does with a part of the requests, where there is another one."""
    old = state.serving
    if doing.canary is None or old is None or not serves(state):
        return ()

    def share(percent: int) -> None:
        give(site, serving, percent, old)
        refresh_proxy(site)

    return doing.canary(site, old, serving, share, doing.say)
