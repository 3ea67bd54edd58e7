"""A target on another machine: this one, by a server for ssh of the test's own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from nbstage.deploy.nouns import Site
from tests.e2e.conftest import Project
from tests.e2e.deployed import free_port, log, make_bundles, needs_caddy, served, take_down

_SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
pytestmark = [
    pytest.mark.slow,
    needs_caddy,
    pytest.mark.skipif(
        not Path(_SSHD).exists(), reason="sshd is not installed (apt-get install openssh-server)"
    ),
]


@dataclass(frozen=True, slots=True)
class Server:
    """A server for ssh on this machine: its port, the key that opens it, what it is known by."""

    port: int
    key: str
    known_hosts: str


@contextmanager
def ssh_server(folder: Path) -> Iterator[Server]:
    """A server that lets one key in, until the end of the block."""
    for name in ("host", "user"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    port = free_port()
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # a folder that sshd asks for, and leaves empty
    words = [_SSHD, "-D", "-e", "-f", str(folder / "config")]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as running:
        try:
            _await(port)
            known = f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}"
            yield Server(port, (folder / "user").read_text(), known)
        finally:
            running.terminate()


def _await(port: int) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return


@dataclass(frozen=True, slots=True)
class Laptop:
    """A project whose commands get the key and the hosts by their environment, as in CI."""

    project: Project
    server: Server

    def run(self, *words: str, known: str = "") -> tuple[int, str]:
        """The exit code of a command of nbstage's, and what it prints."""
        given = {
            "NBSTAGE_SSH_KEY": self.server.key,
            "NBSTAGE_SSH_KNOWN_HOSTS": known or self.server.known_hosts,
        }
        done = subprocess.run(
            [sys.executable, "-m", "nbstage", *words],
            cwd=self.project.root,
            env=self.project.environment() | given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print("$", *words, f"\n{done.stdout}")
        return done.returncode, done.stdout


def test_a_version_is_deployed_to_another_machine_and_rolled_back_there(tmp_path: Path) -> None:
    bundles = make_bundles(tmp_path, {"v1.0.0": "1.0", "v1.1.0": "1.5"})
    site = Site(tmp_path.resolve() / "site", f"127.0.0.1:{free_port()}")
    project = Project(tmp_path / "project")
    (tmp_path / "keys").mkdir()
    try:
        with ssh_server(tmp_path / "keys") as server:
            name_target(project, site, server)
            laptop = Laptop(project, server)
            folders = {name: str(bundle.folder) for name, bundle in bundles.items()}
            code, told = laptop.run("deploy", folders["v1.0.0"], "--to", "there")
            assert code == 0
            assert "deployed: line v1.0.0 serves at 'there'" in told
            shade = ("--shadow", "--hold", "0.2")
            code, told = laptop.run("deploy", folders["v1.1.0"], "--to", "there", *shade)
            assert (code, "no request came in 0.2 s" in told) == (0, True)
            assert laptop.run("deploy", folders["v1.1.0"], "--to", "there")[0] == 0
            assert served(site) == "v1.1.0"
            assert "ok      version: line v1.1.0" in laptop.run("smoke", "there")[1]
            assert laptop.run("rollback", "--on", "there")[0] == 0
            assert served(site) == "v1.0.0"
            assert [did for did, _ in log(site)] == [
                "deployed",
                "shadowed",
                "deployed",
                "rolled back",
            ]
            code, told = laptop.run("rollback", "--on", "there")
            assert (code, "is the first version in" in told) == (1, True)
            known = "[127.0.0.1]:1 ssh-ed25519 AAAA\n"
            code, told = laptop.run("smoke", "there", known=known)
            assert (code, "Host key verification failed" in told) == (2, True)
            project.replace("pyproject.toml", '/nbstage"', '/not-there"')
            code, told = laptop.run("smoke", "there")
            assert (code, "has no program" in told) == (2, True)
    finally:
        take_down(site)


def name_target(project: Project, site: Site, server: Server) -> None:
    """A target `there`, which is this machine."""
    program = Path(sys.executable).with_name("nbstage")
    host = f"{getpass.getuser()}@127.0.0.1:{server.port}"
    project.write(
        "pyproject.toml",
        f"{project.read('pyproject.toml')}\n[tool.nbstage.deploy.targets.there]\n"
        f'to = "ssh://{host}{site.folder}"\nprogram = "{program}"\n'
        f'address = "{site.address}"\nlatency = 20\n',
    )
