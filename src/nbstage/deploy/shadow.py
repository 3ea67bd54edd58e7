"""A version that gets copies of requests for a while: what it would have answered."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nbstage.deploy.asking import Service, ask
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
from nbstage.deploy.canary import Counts, counts_of
from nbstage.deploy.nouns import Differing, Failed, Serving, Shadowed, Site, State
from nbstage.deploy.place import bundle_of, locked, note, put_bundle, replace_file
from nbstage.deploy.process import is_running, stop
from nbstage.deploy.proxy import need_caddy
from nbstage.deploy.samples import Sample, samples_in
from nbstage.deploy.service import END, at_port, shadow_file, told_by
from nbstage.deploy.smoke import smoke
from nbstage.errors import UserError

_LOOK = 0.5
#: Seconds in which the last copies have to be answered.
_LATE = 15.0


def shadow(site: Site, source: Path, hold: float, doing: Doing) -> Shadowed:
    """Let the bundle in a folder get copies of the requests to a site for `hold` seconds.

    What serves there serves on. Raises Failed where the bundle doesn't pass its smoke test.
    """
    need_caddy(site)
    with locked(site, doing.wait, doing.say):
        state = recovered(site)
        old = _copying(site, state)
        doing.say("putting the bundle there")
        name = put_bundle(site, source)
        if name == old.name:
            raise UserError(
                f"'{version_of(old)}' is what serves: as its own shadow it would tell nothing",
                "name another version.",
            )
        done = _beside(site, state, old, name, hold, doing)
        about = {"version": done.version, "folder": name, "beside": done.beside, "ok": done.ok}
        counts = ("requests", "answered", "refused", "failed", "lost", "rows", "different", "ended")
        note(site, doing.who, "shadowed", **about, **{name: getattr(done, name) for name in counts})
        return done


def shadowed_from(done: Shadowed, samples: Sequence[Sample]) -> Shadowed:
    """The same with what the service that sends copies has counted."""

    def total(name: str, **labels: str) -> int:
        return int(sum(value for _, value in _found(samples, name, labels)))

    largest = {
        labels["field"]: value for labels, value in _found(samples, "largest_difference", {})
    }
    different = _found(samples, "values_different_total", {})
    return replace(
        done,
        requests=total("requests_total"),
        answered=total("copies_total", result="answered"),
        refused=total("copies_total", result="refused"),
        failed=total("copies_total", result="failed"),
        rows=total("rows_total"),
        different=total("rows_total", predicted="otherwise"),
        fields=tuple(
            Differing(labels["field"], int(value), largest.get(labels["field"]))
            for labels, value in different
        ),
    )


def _found(
    samples: Sequence[Sample], name: str, labels: dict[str, str]
) -> list[tuple[dict[str, str], float]]:
    """The values of that name that have these labels, each with all of its labels."""
    return [
        (one.labels, one.value)
        for one in samples
        if one.name == f"nbstage_shadow_{name}" and labels.items() <= one.labels.items()
    ]


def _copying(site: Site, state: State) -> Serving:
    """The service that serves. Raises Failed, UserError where it can't send copies."""
    old = deployed(site, state)
    if not serves(state):
        raise Failed(
            f"'{version_of(old)}' does not run: there are no requests to be copied",
            "`nbstage deploy --start --to TARGET` starts it.",
        )
    refuse_earlier(old)
    return old


def _beside(
    site: Site, state: State, old: Serving, name: str, hold: float, doing: Doing
) -> Shadowed:
    """Start the shadow, let it get copies, and stop it."""
    bundle = bundle_of(site, name)
    refuse_model(site, state, bundle)
    secret = secrets.token_urlsafe(32)
    with candidate(site, state, name, bundle, doing, secret) as (starting, new):
        doing.say("testing the new service")
        checks = smoke(at_port(site, new), bundle, site.latency)
        refuse_failed(site, new, checks)
        doing.say(f"copies of the requests go to it for {hold:g} s")
        done = Shadowed(bundle.model, version_of(new), version_of(old), hold, checks)
        done = _held(site, old, new, secret, done)
        if not done.ok:
            done = replace(done, printed=told_by(site, name))
        doing.say("stopping it")
        stop(new.process, END)
        clear(site, starting)
    return done


def _held(site: Site, old: Serving, new: Serving, secret: str, done: Shadowed) -> Shadowed:
    """How it did. Whatever happens to this process, no copies are sent after their time."""
    named = f"{version_of(new)} since {new.since}"
    services = at_port(site, old), at_port(site, new)
    before = [counts_of(one) for one in services]
    told = {"shadow": named, "port": new.port, "token": secret}
    until = time.time() + done.held + _LATE
    replace_file(shadow_file(site), json.dumps(told | {"until": until}))
    _sleep(done.held, old, new)
    shadow_file(site).unlink(missing_ok=True)
    done = _settled(services[0], named, done)
    seconds, shadow_seconds = (
        _mean(early, counts_of(one)) for early, one in zip(before, services, strict=True)
    )
    ended = not is_running(new.process)
    return replace(done, ended=ended, seconds=seconds, shadow_seconds=shadow_seconds)


def _mean(before: Counts | None, after: Counts | None) -> float:
    """Seconds for a request in between; 0 where that isn't known."""
    return after.since(before).mean if before and after else 0.0


def _sleep(seconds: float, *others: Serving) -> None:
    """Wait, as long as the others run."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and all(is_running(one.process) for one in others):
        time.sleep(min(_LOOK, max(0.0, until - time.monotonic())))


def _settled(service: Service, named: str, done: Shadowed) -> Shadowed:
    """What the serving service has counted of a shadow, once no copy is on its way any more."""
    until = time.monotonic() + _LATE
    while time.monotonic() < until:
        samples = _samples(service, named, done)
        became = sum(value for _, value in _found(samples, "copies_total", {}))
        if became >= sum(value for _, value in _found(samples, "requests_total", {})):
            break
        time.sleep(0.1)
    # Once more: the counts are read one after the other.
    return shadowed_from(done, _samples(service, named, done))


def _samples(service: Service, named: str, done: Shadowed) -> list[Sample]:
    answer = ask(service, "/metrics", seconds=10)
    if answer.status != 200:
        raise Failed(f"'{done.beside}', which serves, does not say what it counts", "")
    return [one for one in samples_in(answer.text) if one.labels.get("shadow") == named]
