"""A version beside the one that is served: started, tested, and taken back unless it takes over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from nbstage.bundle import Bundle
from nbstage.deploy.nouns import Check, Failed, Say, Serving, Share, Site, State
from nbstage.deploy.place import keep_state, note, state_of, tidy
from nbstage.deploy.process import is_running, stop
from nbstage.deploy.service import END, await_service, hold_service, shadow_file, told_by
from nbstage.deploy.slots import give, tidy_sockets
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


@contextmanager
def candidate(
    site: Site, state: State, name: str, bundle: Bundle, doing: Doing, secret: str = ""
) -> Iterator[tuple[State, Serving]]:
    """A service that answers, and the state in which it is written down as a candidate. With a
    secret it is a shadow.

    Whatever goes wrong in here: requests go where they went, it is stopped, and that is noted.
    """
    doing.say("starting the new service")
    held, serving = hold_service(site, name, bundle, secret)
    state = keep_state(site, replace(state, candidate=serving))
    held.let_go()
    try:
        await_service(site, serving)
        yield state, serving
    except BaseException as error:
        _undo(site)
        why = getattr(error, "message", type(error).__name__)
        note(site, doing.who, "failed", version=version_of(serving), folder=name, why=why)
        if isinstance(error, UserError):
            raise Failed(
                f"'{bundle.model} {bundle.version or 'unregistered'}' does not serve: {why}",
                error.hint or _stays(state.serving),
            ) from None
        raise


def recovered(site: Site) -> State:
    """The site as its state says: what an interrupted deployment left is taken back."""
    shadow_file(site).unlink(missing_ok=True)
    state = state_of(site)
    if state.candidate is not None:
        if state.proxy and is_running(state.proxy):
            if state.serving and is_running(state.serving.process):
                give(site, state.serving)
            else:
                stop(state.proxy, END)
        stop(state.candidate.process, END)
    return clear(site, replace(state, candidate=None))


def clear(site: Site, state: State) -> State:
    """Stop what has to leave, and tidy up."""
    for one in state.leaving:
        stop(one.process, END)
    state = keep_state(site, replace(state, candidate=None, leaving=()))
    tidy(site, state)
    tidy_sockets(site, state)
    return state


def serves(state: State) -> bool:
    """Whether a service and Caddy run."""
    service = state.serving is not None and is_running(state.serving.process)
    return service and state.proxy is not None and is_running(state.proxy)


def refuse_failed(site: Site, serving: Serving, checks: tuple[Check, ...]) -> None:
    """Raise Failed where a smoke test has failed."""
    failed = [f"{check.what}: {check.told}" for check in checks if not check.ok]
    if failed:
        listed = "\n".join(f"- {one}" for one in failed)
        printed = told_by(site, serving.name)
        raise Failed(f"its smoke test failed:\n{listed}\nwhat it printed last:\n{printed}", "")


def refuse_model(site: Site, state: State, bundle: Bundle) -> None:
    """Raise Failed for a model that isn't the site's."""
    served = site.model or (state.serving.model if state.serving else bundle.model)
    if bundle.model != served:
        raise Failed(
            f"'{site.folder}' is for the model '{served}', and this is '{bundle.model}'",
            "name another target, or another folder for it.",
        )


def refuse_earlier(serving: Serving) -> None:
    """Raise UserError for a service that an earlier nbstage started."""
    if not serving.socket:
        raise UserError(
            f"'{version_of(serving)}' was started by an earlier nbstage: it can neither share "
            "requests with another version nor send copies of them",
            f"deploy the serving version once more first: `nbstage deploy {version_of(serving)} "
            "--to TARGET`.",
        )


def deployed(site: Site, state: State) -> Serving:
    """What is to be served. Raises Failed where nothing is."""
    if state.serving is None:
        raise Failed(
            f"nothing was ever deployed to '{site.folder}'",
            "`nbstage deploy MODEL@VERSION` puts a version there.",
        )
    return state.serving


def version_of(serving: Serving | None) -> str:
    """What a service is called by people; "" for none."""
    return (serving.version or serving.name) if serving else ""


def _undo(site: Site) -> None:
    """Bring the site back to what its state says, unless the new version has taken over in it."""
    state = state_of(site)
    if state.candidate is not None:
        recovered(site)


def _stays(serving: Serving | None) -> str:
    return f"'{version_of(serving)}' serves on." if serving else "nothing serves, as before."
