"""A version on its way to a target, and back."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbstage.app.bundling import bundled
from nbstage.bundle import Bundle
from nbstage.config import read_settings
from nbstage.deploy.asking import service_at
from nbstage.deploy.fulfil import fulfil
from nbstage.deploy.nouns import Check, Deployed, Say, Shadowed, Site
from nbstage.deploy.smoke import smoke
from nbstage.deploy.ssh import ask_over_ssh
from nbstage.deploy.template import filled, run_template
from nbstage.deploy.wire import Reply, Request
from nbstage.deploy_settings import LATENCY, Target, target_at
from nbstage.errors import UserError
from nbstage.registry import resolve
from nbstage.registry.names import is_version
from nbstage.registry.signing import verify_signature

TOKEN = "NBSTAGE_TOKEN"


@dataclass(frozen=True, slots=True)
class Asked:
    """How to deploy: the first share of the requests (0: all at once), seconds for each share,
    seconds to wait for another deployment.
    """

    canary: int = 0
    hold: float = 60.0
    wait: float = 300.0


def deploy(root: Path, what: str, to: str, asked: Asked, say: Say) -> Deployed:
    """Serve a version, or a bundle, at a target in the place of what is served there.

    Raises Failed where the version doesn't do: then what served before serves on.
    """
    target = target_of(root, to)
    with _bundle_for(root, target, what, say) as bundle:
        if target.command:
            if asked.canary:
                raise UserError(
                    f"the target '{to}' is a command: nbstage gives it no share of the requests",
                    "leave `--canary` out.",
                )
            version = bundle.version or "unregistered"
            folder = str(bundle.folder.resolve())
            run_template(root, to, filled(target.command, folder, bundle.model, version))
            return Deployed("deployed", bundle.model, version, "", to)
        site = _site(root, target)
        request = Request("deploy", site, _who(), asked.wait, asked.canary, asked.hold)
        return _moved(_replied(target, request, bundle, say))


def shadow(root: Path, what: str, to: str, asked: Asked, say: Say) -> Shadowed:
    """Let a version, or a bundle, get copies of the requests to a target for a while.

    Raises Failed where the version doesn't do. What is served stays what it is.
    """
    target = target_of(root, to)
    if target.command:
        raise UserError(
            f"the target '{to}' is a command: nbstage sends no copies of its requests",
            "leave `--shadow` out.",
        )
    with _bundle_for(root, target, what, say) as bundle:
        request = Request("shadow", _site(root, target), _who(), asked.wait, hold=asked.hold)
        done = _replied(target, request, bundle, say).shadowed
    assert done is not None
    return done


def roll_back(root: Path, on: str, reason: str, wait: float, say: Say) -> Deployed:
    """Serve at a target what was served there before. Raises Failed."""
    target = target_of(root, on)
    if target.command:
        if not target.rollback:
            raise UserError(
                f"the target '{on}' is a command, and has no other one to roll back",
                "`rollback = [...]` in its table of pyproject.toml is that one.",
            )
        run_template(root, on, target.rollback)
        return Deployed("rolled back", "", "", "", on)
    request = Request("roll back", _site(root, target), _who(), wait, reason=reason)
    return _moved(_replied(target, request, None, say))


def start(root: Path, to: str, wait: float, say: Say) -> Deployed:
    """Serve again what is to be served at a target. Raises Failed."""
    target = _with_folder(target_of(root, to))
    return _moved(_replied(target, Request("start", _site(root, target), _who(), wait), None, say))


def look(root: Path, where: str, what: str, latency: float | None, say: Say) -> tuple[Check, ...]:
    """What a smoke test says of a target, or of the service at a URL.

    `what` is the version that has to be served there; a target's own if it is "".
    """
    if where.startswith(("http://", "https://")):
        if not what:
            raise UserError(
                "which version is served at a URL has to be said",
                f"nbstage smoke {where} model@prod",
            )
        service = service_at(where, os.environ.get(TOKEN, ""))
        with bundled(what, say) as bundle:
            return smoke(service, bundle, latency or LATENCY)
    target = _with_folder(target_of(root, where))
    wanted = resolve(root, _reference(target, what)) if what else None
    site = _site(root, target, latency)
    checks = _replied(target, Request("look", site), None, say).checks
    if wanted is None:
        return checks
    return _with_version(checks, f"{wanted.name} {wanted.version}")


def target_of(root: Path, name: str) -> Target:
    """The target of that name, or that is written out. Raises UserError."""
    known = read_settings(root).deploy.targets
    found = known.get(name) or target_at(name)
    if found is None:
        listed = ", ".join(f"'{one}'" for one in known)
        raise UserError(
            f"there is no target '{name}'{f', but {listed}' if known else ''}",
            "`[tool.nbstage.deploy.targets.NAME]` in pyproject.toml makes one, with "
            '`to = "local:/srv/model"`.',
        )
    return found


def _replied(target: Target, request: Request, bundle: Bundle | None, say: Say) -> Reply:
    if target.host:
        return ask_over_ssh(target, request, bundle, say)
    return fulfil(request, bundle.folder if bundle else None, say)


def _moved(reply: Reply) -> Deployed:
    assert reply.deployed is not None
    return reply.deployed


def _with_version(checks: tuple[Check, ...], wanted: str) -> tuple[Check, ...]:
    """The checks, where the version has to be this one and no other."""
    return tuple(
        Check("version", False, f"it serves {check.told}, not {wanted}")
        if check.what == "version" and check.ok and check.told != wanted
        else check
        for check in checks
    )


@contextmanager
def _bundle_for(root: Path, target: Target, what: str, say: Say) -> Iterator[Bundle]:
    """The bundle of what is named, signed where the target asks for that."""
    if target.require_signature:
        if Path(what).exists():
            raise UserError(
                f"the target '{target.name}' asks for a signature, and '{what}' can have none",
                "name a version that is registered, and signed: `nbstage register --sign`.",
            )
        version = resolve(root, _reference(target, what))
        what = f"{version.name}@{version.version}"
        say("looking at the signature")
        verify_signature(root, version.tag, root / target.require_signature)
    elif not Path(what).exists():
        what = _reference(target, what)
    with bundled(what, say) as bundle:
        yield bundle


def _reference(target: Target, what: str) -> str:
    """`v1.2.0` is a version of the target's model, or of the only one."""
    return f"{target.model}@{what}" if is_version(what) else what


def _with_folder(target: Target) -> Target:
    if target.command:
        raise UserError(
            f"the target '{target.name}' is a command: nbstage doesn't know what became of it",
            "name its address: `nbstage smoke http://127.0.0.1:8000 model@prod`.",
        )
    return target


def _site(root: Path, target: Target, latency: float | None = None) -> Site:
    return Site(
        Path(target.folder) if target.host else (root / target.folder).resolve(),
        target.address,
        target.model,
        target.workers,
        latency or target.latency,
        target.allow_pickle,
    )


def _who() -> str:
    """Who deploys: as GitHub says, or the machine."""
    actor = os.environ.get("GITHUB_ACTOR")
    return f"{actor} by GitHub" if actor else f"{getpass.getuser()}@{socket.gethostname()}"
