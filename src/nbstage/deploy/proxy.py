"""Caddy, which takes the requests and passes them on. An edge, but for its settings."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from nbstage.deploy.logs import last_lines
from nbstage.deploy.nouns import Process, Site, near
from nbstage.deploy.place import replace_file
from nbstage.deploy.process import Held, is_running, start_held
from nbstage.deploy.slots import new_socket, slots
from nbstage.errors import UserError

Json = dict[str, "Json"] | list["Json"] | str | int | bool
#: Where a socket lies is told to the kernel in 108 bytes, of which one ends it.
_LONGEST = 107
_PATIENCE = 10.0


def need_caddy(site: Site) -> str:
    """Where Caddy is. Raises UserError where it is missing or can't work for this site."""
    if not Path("/proc/self/stat").exists():
        raise UserError(
            "versions are served on Linux alone: processes are known by what /proc says of them",
            "deploy to a Linux machine by ssh.",
        )
    found = shutil.which("caddy")
    if found is None:
        raise UserError(
            "Caddy is not installed: it takes the requests, and passes them on to the version",
            "on Debian: `apt-get install caddy`.",
        )
    most = _LONGEST - len(f"/run/{new_socket()}")  # no other socket's name is longer
    if len(os.fsencode(site.folder)) > most:
        raise UserError(
            f"the path '{site.folder}' is too long: a socket has to lie below it",
            f"take one with at most {most} bytes.",
        )
    return found


def settings(site: Site) -> Json:
    """Caddy's settings: requests to the site's address go to its slots in turn.

    A request that a slot doesn't take goes to the next one, unless it has a body: Caddy
    2.6 has closed that by then. No connection to a slot is kept: it would go on to lead to what
    the slot led to when it was made.
    """
    handler: Json = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"unix/{slot}"} for slot in slots(site)],
        "load_balancing": {
            "selection_policy": {"policy": "round_robin"},
            "try_duration": "5s",
            "try_interval": "50ms",
        },
        "transport": {"protocol": "http", "keep_alive": {"enabled": False}},
    }
    server: Json = {
        "listen": [site.address],
        "automatic_https": {"disable": True},
        "routes": [{"handle": [handler]}],
    }
    return {
        "admin": {"listen": f"unix/{_socket(site)}", "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {"http": {"servers": {"model": server}, "grace_period": "60s"}},
    }


def hold_proxy(site: Site) -> Held:
    """Caddy, about to start once it is let go."""
    _refuse_taken(site)
    replace_file(_config(site), _text(site))
    _next(site).unlink(missing_ok=True)
    Path(_socket(site)).unlink(missing_ok=True)  # of one that was killed
    command = [need_caddy(site), "run", "--config", str(_config(site))]
    run = site.folder / "run"
    places = {"XDG_DATA_HOME": str(run), "XDG_CONFIG_HOME": str(run)}
    return start_held(command, run / "caddy.log", site.folder, **places)


def await_proxy(site: Site, process: Process) -> None:
    """Wait until Caddy takes requests. Raises UserError where it doesn't."""
    until = time.monotonic() + _PATIENCE
    while is_running(process) and time.monotonic() < until:
        if Path(_socket(site)).exists() and _is_open(site):
            return
        time.sleep(0.02)
    raise UserError(
        f"Caddy does not take requests at {site.address}:\n"
        f"{last_lines(site.folder / 'run/caddy.log', 3)}",
        f"'{site.folder}/run/caddy.log' tells more.",
    )


def refresh_proxy(site: Site) -> None:
    """Give the running Caddy the site's settings, if it hasn't got them.

    The file of the next ones is there until Caddy has taken them: whoever is killed leaves it, and
    then nobody knows which of the two it has.
    """
    config = _next(site)
    unsure = config.read_text(encoding="utf-8") if config.exists() else ""
    has = _config(site).read_text(encoding="utf-8")
    if has == _text(site) and not unsure:
        return
    if f'"{site.address}"' not in has + unsure:
        _refuse_taken(site)
    replace_file(config, _text(site))
    done = subprocess.run(
        [need_caddy(site), "reload", "--config", str(config), "--address", f"unix/{_socket(site)}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise UserError(
            f"Caddy does not take its new settings: {said[-1] if said else done.returncode}",
            f"'{site.folder}/run/caddy.log' tells more.",
        )
    config.replace(_config(site))


def _refuse_taken(site: Site) -> None:
    """Raises UserError where another program has the site's address: Caddy would share it."""
    host, _, port = site.address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, int(port)))
        except (OSError, OverflowError) as error:
            raise UserError(
                f"Caddy can't take requests at {site.address}: {error}",
                "choose another `address` for the target.",
            ) from None


def _is_open(site: Site) -> bool:
    try:
        socket.create_connection(near(site.address), timeout=1).close()
    except OSError:
        return False
    return True


def _config(site: Site) -> Path:
    return site.folder / "run/caddy.json"


def _next(site: Site) -> Path:
    return _config(site).with_name("caddy.next.json")


def _text(site: Site) -> str:
    return json.dumps(settings(site), indent=1) + "\n"


def _socket(site: Site) -> str:
    return f"{site.folder}/run/caddy.sock"
