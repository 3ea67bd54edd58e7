"""A request carried out on another machine, where nbstage is installed, by plain ssh. An edge.

What runs there is always the same few words; all that differs goes by its standard input.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbstage.bundle import Bundle
from nbstage.deploy.nouns import Say
from nbstage.deploy.wire import Reply, Request, read_reply, write_request
from nbstage.deploy_settings import KEY, KNOWN_HOSTS, Target
from nbstage.errors import UserError
from nbstage.report.plain import make_plain

_NO_SUCH_PROGRAM = 127
_OPTIONS = ("BatchMode=yes", "ConnectTimeout=20", "ServerAliveInterval=15")


def ask_over_ssh(target: Target, request: Request, bundle: Bundle | None, say: Say) -> Reply:
    """What the target's machine replies. Raises what it raised, and UserError without a reply."""
    with _connection(target) as command:
        try:
            running = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        except FileNotFoundError:
            raise UserError("ssh is not installed", "on Debian: openssh-client.") from None
        with running:
            told, printed = _converse(running, request, bundle, say)
    reply = read_reply(printed)
    if reply is None:
        raise _no_reply(target, running.returncode, told)
    return reply


def _converse(
    running: subprocess.Popen[bytes], request: Request, bundle: Bundle | None, say: Say
) -> tuple[list[str], str]:
    """Send the request; gives the last lines on standard error, and all of standard output."""
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stderr is not None
    told: list[str] = []
    errors, printed = running.stderr, running.stdout

    def listen() -> None:
        for line in errors:
            text = make_plain(line.decode("utf-8", "replace").rstrip())
            told[:] = [*told[-5:], text]
            say(text)

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    with contextlib.suppress(BrokenPipeError):  # it says why
        write_request(request, bundle, running.stdin)
    with contextlib.suppress(BrokenPipeError):
        running.stdin.close()
    text = printed.read().decode("utf-8", "replace")
    running.wait()
    listening.join()
    return told, text


@contextmanager
def _connection(target: Target) -> Iterator[list[str]]:
    """The command that connects, with the key and the hosts of the environment if it has them."""
    options = [word for option in _OPTIONS for word in ("-o", option)]
    with tempfile.TemporaryDirectory(prefix="nbstage-ssh-") as name:
        if key := os.environ.get(KEY):
            options += ["-i", _secret(Path(name) / "key", key), "-o", "IdentitiesOnly=yes"]
        if hosts := os.environ.get(KNOWN_HOSTS):
            known = _secret(Path(name) / "known_hosts", hosts)
            options += ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes"]
        if target.port is not None:
            options += ["-p", str(target.port)]
        yield ["ssh", "-T", *options, "--", target.host, f"{target.program} receive"]


def _secret(path: Path, text: str) -> str:
    path.touch(mode=0o600)
    path.write_text(text.replace("\r\n", "\n").strip() + "\n", encoding="utf-8")
    return str(path)


def _no_reply(target: Target, code: int, told: list[str]) -> UserError:
    said = "\n".join(told) or f"exit code {code}"
    if code == _NO_SUCH_PROGRAM:
        return UserError(
            f"'{target.host}' has no program '{target.program}':\n{said}",
            "install nbstage[serve] there, and say where it is by `program` in the target's table.",
        )
    return UserError(
        f"'{target.host}' did not reply:\n{said}",
        f"`ssh {target.host} {target.program} --version` has to work without a question; what "
        f"serves there, `nbstage smoke` tells.",
    )
