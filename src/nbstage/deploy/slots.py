"""Which service gets which requests: Caddy deals them in turn to a hundred slots. An edge.

run/now -> now-x1y2z3w4              replaced as a whole
run/now-x1y2z3w4/00 -> ../s-3f2a90bc.sock
run/now-x1y2z3w4/01 -> ...

Caddy's settings name slots alone, so they stay as they are when a version takes over. (To take new
ones, Caddy 2.6 opens its port anew, and connections that were made just then are cut off.) Where a
slot leads to is looked up by the kernel, with each connection that Caddy makes to it.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path

from nbstage.deploy.nouns import Serving, Site, State

_COUNT = 100


def slots(site: Site) -> list[str]:
    """The paths that Caddy connects to."""
    return [f"{site.folder}/run/now/{number:02}" for number in range(_COUNT)]


def new_socket() -> str:
    """A name in `run/` for a socket of a service's own."""
    return f"s-{secrets.token_hex(4)}.sock"


def socket_of(site: Site, name: str) -> Path:
    """Where that socket lies."""
    return site.folder / "run" / name


def give(site: Site, new: Serving, percent: int = 100, old: Serving | None = None) -> None:
    """Let a service have that part of the requests from now on, and the old one the rest.

    It is all or nothing, and no request is lost: those that have begun stay where they are.
    """
    run = site.folder / "run"
    _tidy(run)
    folder = Path(tempfile.mkdtemp(dir=run, prefix="now-"))
    for slot, name in zip(slots(site), dealt(new, percent, old or new), strict=True):
        (folder / Path(slot).name).symlink_to(f"../{name}")
    link = folder / "now"
    link.symlink_to(folder.name)
    link.replace(run / "now")


def dealt(new: Serving, percent: int, old: Serving) -> list[str]:
    """The socket of each slot: the new service's come at even distances."""
    return [
        new.socket if (slot + 1) * percent // 100 > slot * percent // 100 else old.socket
        for slot in range(_COUNT)
    ]


def tidy_sockets(site: Site, state: State) -> None:
    """Take away the sockets of services that are gone."""
    run = site.folder / "run"
    used = {one.socket for one in (state.serving, state.candidate, *state.leaving) if one}
    for path in run.glob("s-*.sock"):
        if path.name not in used:
            path.unlink(missing_ok=True)


def _tidy(run: Path) -> None:
    """Take away all slots but the present ones. Those that are replaced stay until the next time:
    Caddy may be looking in them, and tries no request with a body again.
    """
    now = (run / "now").resolve().name
    for path in run.glob("now-*"):
        if path.name != now:
            shutil.rmtree(path, ignore_errors=True)
