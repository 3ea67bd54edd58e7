"""A version of a site as a running service. An edge."""

from __future__ import annotations

import hashlib
import secrets
import socket
import sys
import time
from pathlib import Path

from nbstage.bundle import Bundle
from nbstage.deploy.asking import Service, ask, service_at
from nbstage.deploy.logs import last_lines
from nbstage.deploy.nouns import Failed, Serving, Site, near
from nbstage.deploy.place import now, replace_file, version_folder
from nbstage.deploy.process import Held, is_running, start_held
from nbstage.deploy.slots import new_socket, socket_of

#: Seconds for a service to answer for the first time, and to end once it is asked to.
START = 120.0
END = 45.0
_SETTINGS = """\
# How versions are served here: see [tool.nbstage.serve] in nbstage's docs/config.md.
[tool.nbstage.serve]
tokens = "tokens"
"""


def hold_service(site: Site, name: str, bundle: Bundle, secret: str = "") -> tuple[Held, Serving]:
    """A service of a version at a free port and a new socket, about to start once it is let go.

    With a secret it is a shadow: it lets that token in too, and logs no predictions.
    """
    _make_settings(site)
    port, at = _free_port(), new_socket()
    tokens = [_hashed("deploy", _token(site)), *([_hashed("shadow", secret)] if secret else [])]
    held = start_held(
        _command(site, name, port, at, shadow=bool(secret)),
        log_of(site, name),
        site.folder,
        NBSTAGE_TOKENS=",".join(tokens),
        PYTHONDONTWRITEBYTECODE="1",  # a bundle's folder never changes
    )
    said = (bundle.model, bundle.version or "", bundle.commit or "")
    return held, Serving(name, *said, port, held.process, now(), at)


def at_port(site: Site, serving: Serving) -> Service:
    """Where the service itself answers, on this machine."""
    return service_at(f"http://127.0.0.1:{serving.port}", _token(site))


def at_address(site: Site) -> Service:
    """Where everybody's requests come in, asked from this machine."""
    host, port = near(site.address)
    return service_at(f"http://{f'[{host}]' if ':' in host else host}:{port}", _token(site))


def await_service(site: Site, serving: Serving) -> None:
    """Wait until a service answers. Raises Failed, with what it printed last, where it doesn't."""
    until = time.monotonic() + START
    while is_running(serving.process) and time.monotonic() < until:
        if ask(at_port(site, serving), "/health/ready", seconds=5).status == 200:
            return
        time.sleep(0.05)
    how = "doesn't answer" if is_running(serving.process) else "ended"
    raise Failed(f"the service {how}:\n{told_by(site, serving.name)}", "")


def told_by(site: Site, name: str, count: int = 8) -> str:
    """The last lines that a version's service printed."""
    return last_lines(log_of(site, name), count) or "(it printed nothing)"


def log_of(site: Site, name: str) -> Path:
    """Where a version's service prints."""
    return site.folder / "run" / f"{name}.log"


def shadow_file(site: Site) -> Path:
    """What tells the services of a site where copies of requests go, as long as it is there."""
    return site.folder / "run" / "shadow.json"


def _command(site: Site, name: str, port: int, at: str, *, shadow: bool) -> list[str]:
    # -P: what lies in the folder is not to be imported by nbstage.
    command = [sys.executable, "-P", "-m", "nbstage", "serve", str(version_folder(site, name))]
    command += ["--port", str(port), "--socket", str(socket_of(site, at))]
    command += ["--workers", str(site.workers)]
    command += ["--tokens", str(site.folder / "tokens")]
    # A shadow would send copies to itself.
    command += ["--no-log"] if shadow else ["--shadow-file", str(shadow_file(site))]
    return [*command, "--allow-pickle"] if site.allow_pickle else command


def _hashed(name: str, token: str) -> str:
    return f"{name} sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _token(site: Site) -> str:
    """The token that deployments use for themselves, made by the first."""
    path = site.folder / "run" / "token"
    if not path.exists():
        replace_file(path, secrets.token_urlsafe(32))
    return path.read_text(encoding="utf-8").strip()


def _make_settings(site: Site) -> None:
    """Settings of the site's own: without any, those of a project around it would count."""
    path = site.folder / "pyproject.toml"
    if not path.exists():
        replace_file(path, _SETTINGS)
