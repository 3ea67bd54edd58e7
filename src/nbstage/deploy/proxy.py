"""Caddy, which takes the requests and passes them on. An edge, but for its settings."""

from __future__ import annotations

import json
import math
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from nbstage.deploy.logs import last_lines
from nbstage.deploy.nouns import Process, Site, near
from nbstage.deploy.place import replace_file
from nbstage.deploy.process import Held, is_running, start_held
from nbstage.errors import UserError

Json = dict[str, "Json"] | list["Json"] | str | int | bool
#: Where a socket lies is told to the kernel in 108 bytes.
_LONGEST = 100
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
    if len(os.fsencode(_socket(site))) > _LONGEST:
        raise UserError(
            f"the path '{site.folder}' is too long: a socket has to lie below it",
            f"take one with at most {_LONGEST - len('/run/caddy.sock')} bytes.",
        )
    return found


def settings(site: Site, shares: Mapping[int, int]) -> Json:
    """Caddy's settings: requests to the site's address go to the ports on this machine, each with
    its share of them.

    A request that a port doesn't take goes to the next one: nothing was sent yet. Connections
    that are kept are closed before the service, after 30 s, would close them under a request.
    """
    least = math.gcd(*shares.values())
    dials: list[Json] = [
        {"dial": f"127.0.0.1:{port}"}
        for port, share in shares.items()
        for _ in range(share // least)
    ]
    handler: Json = {
        "handler": "reverse_proxy",
        "upstreams": dials,
        "load_balancing": {
            "selection_policy": {"policy": "round_robin"},
            "try_duration": "5s",
            "try_interval": "50ms",
        },
        "transport": {"protocol": "http", "keep_alive": {"idle_timeout": "15s"}},
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


def hold_proxy(site: Site, shares: Mapping[int, int]) -> Held:
    """Caddy, about to start with these shares once it is let go."""
    _refuse_taken(site)
    config = _written(site, shares)
    Path(_socket(site)).unlink(missing_ok=True)  # of one that was killed
    command = [need_caddy(site), "run", "--config", str(config)]
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


def pass_on(site: Site, shares: Mapping[int, int]) -> None:
    """Let the running Caddy pass requests on with these shares from now on. It drops none."""
    if f'"{site.address}"' not in _config(site).read_text(encoding="utf-8"):
        _refuse_taken(site)
    config = _written(site, shares)
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


def _written(site: Site, shares: Mapping[int, int]) -> Path:
    path = _config(site)
    replace_file(path, json.dumps(settings(site, shares), indent=1) + "\n")
    return path


def _socket(site: Site) -> str:
    return f"{site.folder}/run/caddy.sock"
