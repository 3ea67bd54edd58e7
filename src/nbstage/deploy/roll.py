"""A version takes over from another: deployed, rolled back, started again.

What serves is stopped last, and its successor is recorded before: whatever ends a deployment, and
wherever, requests are answered, and the next one finds what was left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from nbstage.bundle import Bundle
from nbstage.deploy.nouns import Check, Deployed, Failed, Say, Serving, Share, Site, State
from nbstage.deploy.place import (
    KEPT,
    bundle_of,
    keep_state,
    locked,
    note,
    put_bundle,
    state_of,
    tidy,
)
from nbstage.deploy.process import is_running, stop
from nbstage.deploy.proxy import await_proxy, hold_proxy, need_caddy, pass_on
from nbstage.deploy.service import (
    END,
    at_address,
    at_port,
    await_service,
    hold_service,
    told_by,
)
from nbstage.deploy.smoke import passed, smoke
from nbstage.errors import UserError

#: Gives a running candidate its share of the requests, step by step. Raises Failed.
Raise = Callable[[Site, Serving, Serving, Callable[[int], None], Say], tuple[Share, ...]]


@dataclass(frozen=True, slots=True)
class Doing:
    """Who it is, and why; for how long others are waited for; how requests go over, if not all at
    once.
    """

    who: str
    say: Say
    wait: float = 300.0
    canary: Raise | None = None
    reason: str = ""


def deploy(site: Site, source: Path, doing: Doing) -> Deployed:
    """Serve the bundle in a folder at the site, in the place of what is served there.

    Raises Failed where it doesn't pass its smoke test: then nothing has changed.
    """
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = _recovered(site)
        doing.say("putting the bundle there")
        name = put_bundle(site, source)
        before = (state.serving.name,) if state.serving and state.serving.name != name else ()
        earlier = tuple(one for one in state.before if one not in (name, *before))
        return _take_over(site, state, _To("deployed", name, (*earlier, *before)), doing)


def roll_back(site: Site, doing: Doing) -> Deployed:
    """Serve what was served before. Each time again leads further back. Raises Failed."""
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = _recovered(site)
        serving = _deployed(site, state)
        if not state.before:
            raise Failed(
                f"'{_version(serving)}' is the first version in '{site.folder}': there is no way "
                "back",
                "`nbstage deploy MODEL@VERSION` puts another one there.",
            )
        to = _To("rolled back", state.before[-1], state.before[:-1])
        return _take_over(site, state, to, doing)


def start(site: Site, doing: Doing) -> Deployed:
    """Serve again what is to be served, after the machine was started anew. Raises Failed."""
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = _recovered(site)
        to = _To("started", _deployed(site, state).name, state.before)
        return _take_over(site, state, to, doing)


def look(site: Site) -> tuple[Check, ...]:
    """What a smoke test says of what is served at the site's address. Raises Failed for nothing."""
    serving = _deployed(site, state_of(site))
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
    _refuse_model(site, state, bundle)
    was = _version(state.serving)
    told = Deployed(to.did, bundle.model, bundle.version or to.name, was, site.address)
    told = replace(told, notes=_notes(site, state, doing))
    if checks := _already(site, state, to.name, bundle, doing):
        return replace(told, checks=checks, same=True)
    with _candidate(site, state, to.name, bundle, doing) as (starting, serving):
        doing.say("testing the new service")
        checks = smoke(at_port(site, serving), bundle, site.latency)
        _refuse(site, serving, checks)
        shares = _canary(site, starting, serving, doing)
        doing.say("switching requests to it")
        state = _switch(site, starting, serving, bundle, to)
    switched = time.monotonic() - begun
    about = {"version": _version(serving), "folder": to.name, "was": was, "why": doing.reason}
    note(site, doing.who, to.did, **about)
    doing.say("letting the old service end what it has begun")
    _clear(site, state)
    return replace(told, checks=checks, shares=shares, switched=switched)


def _already(
    site: Site, state: State, name: str, bundle: Bundle, doing: Doing
) -> tuple[Check, ...]:
    """The checks of a version that is served as it should be; none where it isn't."""
    if state.serving is None or state.serving.name != name or not _serves(state):
        return ()
    doing.say("testing what is served")
    checks = smoke(at_address(site), bundle, site.latency)
    return checks if passed(checks) else ()


def _notes(site: Site, state: State, doing: Doing) -> tuple[str, ...]:
    notes = []
    if doing.canary and not _serves(state):
        notes.append("nothing served before: all requests went to it at once")
    tokens = site.folder / "tokens"
    if not (tokens.is_file() and tokens.stat().st_size):
        made = f"`nbstage serve --new-token NAME --tokens {tokens}` makes one"
        notes.append(f"nobody has a token for it yet: {made}")
    return tuple(notes)


@contextmanager
def _candidate(
    site: Site, state: State, name: str, bundle: Bundle, doing: Doing
) -> Iterator[tuple[State, Serving]]:
    """A service that answers, and the state in which it is written down as a candidate.

    Whatever goes wrong in here: requests go where they went, it is stopped, and that is noted.
    """
    doing.say("starting the new service")
    held, serving = hold_service(site, name, bundle)
    state = keep_state(site, replace(state, candidate=serving))
    held.let_go()
    try:
        await_service(site, serving)
        yield state, serving
    except BaseException as error:
        _undo(site)
        why = getattr(error, "message", type(error).__name__)
        note(site, doing.who, "failed", version=_version(serving), folder=name, why=why)
        if isinstance(error, UserError):
            raise Failed(
                f"'{bundle.model} {bundle.version or 'unregistered'}' does not serve: {why}",
                error.hint or _stays(state.serving),
            ) from None
        raise


def _undo(site: Site) -> None:
    """Bring the site back to what its state says, unless the new version has taken over in it."""
    state = state_of(site)
    if state.candidate is not None:
        _recovered(site)


def _recovered(site: Site) -> State:
    """The site as its state says: what an interrupted deployment left is taken back."""
    state = state_of(site)
    if state.candidate is not None:
        if state.proxy and is_running(state.proxy):
            if state.serving and is_running(state.serving.process):
                pass_on(site, {state.serving.port: 1})
            else:
                stop(state.proxy, END)
        stop(state.candidate.process, END)
    return _clear(site, replace(state, candidate=None))


def _clear(site: Site, state: State) -> State:
    """Stop what has to leave, and tidy up."""
    for one in state.leaving:
        stop(one.process, END)
    state = keep_state(site, replace(state, candidate=None, leaving=()))
    tidy(site, state)
    return state


def _switch(site: Site, state: State, serving: Serving, bundle: Bundle, to: _To) -> State:
    """Let requests go to the new service, and write down that it serves. Raises Failed."""
    state = _pass_on(site, state, serving)
    _refuse(site, serving, smoke(at_address(site), bundle, site.latency, times=1))
    leaving = (*state.leaving, *([state.serving] if state.serving else []))
    done = replace(state, serving=serving, before=to.before[-KEPT:], candidate=None)
    return keep_state(site, replace(done, leaving=leaving))


def _pass_on(site: Site, state: State, serving: Serving) -> State:
    """Let requests go to a service; Caddy is started where it doesn't run."""
    shares = {serving.port: 1}
    if state.proxy and is_running(state.proxy):
        pass_on(site, shares)
        return state
    held = hold_proxy(site, shares)
    state = keep_state(site, replace(state, proxy=held.process))
    held.let_go()
    await_proxy(site, held.process)
    return state


def _canary(site: Site, state: State, serving: Serving, doing: Doing) -> tuple[Share, ...]:
    """How the new service does with a part of the requests, where there is another one."""
    old = state.serving
    if doing.canary is None or old is None or not _serves(state):
        return ()

    def give(percent: int) -> None:
        pass_on(site, {old.port: 100 - percent, serving.port: percent})

    return doing.canary(site, old, serving, give, doing.say)


def _serves(state: State) -> bool:
    """Whether a service and Caddy run."""
    service = state.serving is not None and is_running(state.serving.process)
    return service and state.proxy is not None and is_running(state.proxy)


def _refuse(site: Site, serving: Serving, checks: tuple[Check, ...]) -> None:
    failed = [f"{check.what}: {check.told}" for check in checks if not check.ok]
    if failed:
        listed = "\n".join(f"- {one}" for one in failed)
        printed = told_by(site, serving.name)
        raise Failed(f"its smoke test failed:\n{listed}\nwhat it printed last:\n{printed}", "")


def _refuse_model(site: Site, state: State, bundle: Bundle) -> None:
    served = site.model or (state.serving.model if state.serving else bundle.model)
    if bundle.model != served:
        raise Failed(
            f"'{site.folder}' is for the model '{served}', and this is '{bundle.model}'",
            "name another target, or another folder for it.",
        )


def _deployed(site: Site, state: State) -> Serving:
    """What is to be served. Raises Failed where nothing is."""
    if state.serving is None:
        raise Failed(
            f"nothing was ever deployed to '{site.folder}'",
            "`nbstage deploy MODEL@VERSION` puts a version there.",
        )
    return state.serving


def _stays(serving: Serving | None) -> str:
    return f"'{_version(serving)}' serves on." if serving else "nothing serves, as before."


def _version(serving: Serving | None) -> str:
    return (serving.version or serving.name) if serving else ""
