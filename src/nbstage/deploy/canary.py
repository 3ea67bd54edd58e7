"""A new version's share of the requests, raised step by step as long as it does well."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from nbstage.deploy.asking import Service, ask
from nbstage.deploy.nouns import Failed, Say, Serving, Share, Site
from nbstage.deploy.process import is_running
from nbstage.deploy.samples import samples_in
from nbstage.deploy.service import at_port

#: The shares after the first one, in percent.
STEPS = (25, 50)
_LOOK = 0.5
#: How much larger a part of the answers may be errors than with the old version.
_MORE_ERRORS = 0.01


@dataclass(frozen=True, slots=True)
class Counts:
    """What a service has counted so far: requests for predictions, failures among them, seconds."""

    requests: int = 0
    errors: int = 0
    seconds: float = 0.0

    def since(self, before: Counts) -> Counts:
        """What was counted after `before` was."""
        return Counts(
            self.requests - before.requests,
            self.errors - before.errors,
            self.seconds - before.seconds,
        )

    @property
    def failing(self) -> float:
        """The part of the requests that failed."""
        return self.errors / self.requests if self.requests else 0.0

    @property
    def mean(self) -> float:
        """Seconds for a request."""
        return self.seconds / self.requests if self.requests else 0.0


def counts_in(text: str) -> Counts:
    """The counts in what `/metrics` answers; failures are answers of the service's own fault."""
    requests = errors = 0.0
    seconds = 0.0
    for sample in samples_in(text):
        if sample.labels.get("path") != "/predict":
            continue
        if sample.name == "nbstage_requests_total":
            requests += sample.value
            errors += sample.value if sample.labels.get("status", "").startswith("5") else 0
        elif sample.name == "nbstage_request_seconds_sum":
            seconds += sample.value
    return Counts(int(requests), int(errors), seconds)


def counts_of(service: Service) -> Counts | None:
    """What a service has counted; None where it doesn't say."""
    answer = ask(service, "/metrics", seconds=10)
    return counts_in(answer.text) if answer.status == 200 else None


def canary(
    first: int, hold: float
) -> Callable[[Site, Serving, Serving, Callable[[int], None], Say], tuple[Share, ...]]:
    """What raises a version's share: `first` percent, then more, each for `hold` seconds.

    The version does badly where it ends, where more of its answers are failures than of the old
    one's, or where it takes longer than the site's `latency` in the mean: then Failed is raised.
    """

    def raise_share(
        site: Site, old: Serving, new: Serving, give: Callable[[int], None], say: Say
    ) -> tuple[Share, ...]:
        shares = []
        for percent in (first, *(step for step in STEPS if step > first)):
            say(f"{percent}% of the requests go to the new version")
            give(percent)
            shares.append(_held(site, old, new, percent, hold))
        return tuple(shares)

    return raise_share


def _held(site: Site, old: Serving, new: Serving, percent: int, hold: float) -> Share:
    """How the new version did for a while. Raises Failed as soon as it does badly."""
    services = at_port(site, old), at_port(site, new)
    before = [counts_of(one) or Counts() for one in services]
    until = time.monotonic() + hold
    while True:
        time.sleep(min(_LOOK, max(0.0, until - time.monotonic())))
        after = [counts_of(one) for one in services]
        did = after[1].since(before[1]) if after[1] else None
        usual = after[0].since(before[0]) if after[0] else Counts()
        why = _fault(site, new, did, usual)
        if why:
            raise Failed(
                f"at {percent}% of the requests, {why}", "all requests go to the old version again."
            )
        if did is not None and time.monotonic() >= until:
            return Share(percent, did.requests, did.errors, did.mean)


def _fault(site: Site, new: Serving, did: Counts | None, usual: Counts) -> str:
    if not is_running(new.process):
        return "its service ended"
    if did is None:
        return "its service doesn't say what it counts"
    if did.failing > usual.failing + _MORE_ERRORS:
        return (
            f"{did.errors} of its {did.requests} answers were failures; of the old version's, "
            f"{usual.errors} of {usual.requests}"
        )
    if did.mean > site.latency:
        return f"it took {did.mean:.3f} s for a request; {site.latency:g} s are allowed"
    return ""
