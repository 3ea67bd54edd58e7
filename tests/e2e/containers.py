"""Images and containers of a podman of their own, without a network and without a base image.

This machine's programs and libraries are lent to them, read-only: a build runs its own steps, but
installs what is installed here.
"""

from __future__ import annotations

import ensurepip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import nbstage
from tests.unit.serving import wait_for

_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
}
_SYSTEM = ("bin", "lib", "lib64", "sbin", "usr")
_BUILD = ("build", "--pull=never", "--isolation=chroot", "--ulimit", "nofile=20000:20000")
_RUN = (
    *("run", "--rm", "--network", "host"),
    *("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096"),
)


@dataclass(frozen=True, slots=True)
class Podman:
    """Podman with all that it keeps in one folder, so that it meets no other one."""

    folder: Path

    def base(self, name: str) -> None:
        """Make the image that a Dockerfile begins with: users, and a pip that asks no index."""
        archive = self.folder / "base.tar"
        archive.write_bytes(_base())
        path = f"ENV PATH=/opt/pip:{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"
        self.does("import", "--change", path, str(archive), name)

    def build(self, dockerfile: Path, name: str, context: Path) -> str:
        """Build an image as docs/deploy.md does; gives what the steps print."""
        what = ("--format", "docker", "--file", str(dockerfile), "--tag", name, str(context))
        return self.does(*_BUILD, *_lent(), *what)

    def does(self, *words: str) -> str:
        """What podman prints; fails the test if podman fails."""
        done = self.tries(*words)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def tries(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of podman's that has ended, well or not."""
        done = subprocess.run(
            self.command(*words),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        # pytest shows it where a test fails.
        print("$ podman", *words, f"\n{done.stdout}{done.stderr}")
        return done

    def environment(self) -> dict[str, str]:
        """That of podman, with settings of its own: not even its locks are shared."""
        settings = {"CONTAINERS_CONF": str(self.folder / "settings"), "TMPDIR": str(self.folder)}
        return os.environ | settings

    def command(self, *words: str) -> tuple[str, ...]:
        """All the words of a command of this podman's."""
        places = ("--root", f"{self.folder}/images", "--runroot", f"{self.folder}/run")
        runtime = ("--runtime", "runc") if shutil.which("runc") else ()
        return ("podman", *places, "--storage-driver", "vfs", *runtime, *words)


def to_run(*words: str) -> tuple[str, ...]:
    """What podman is told to run a container, which gets this machine's network."""
    return *_RUN, *_lent(), *words


@contextmanager
def podman() -> Iterator[Podman]:
    """Podman, of which nothing is left afterwards. Skips the test where it can't run `true`."""
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed (apt-get install podman runc)")
    # Podman allows its folder 50 letters; pytest's own are longer.
    found = Podman(Path(tempfile.mkdtemp(prefix="nbstage-podman-")))
    settings = 'cgroup_manager = "cgroupfs"\nevents_logger = "file"\nlock_type = "file"\n'
    settings += f'tmp_dir = "{found.folder}/tmp"\n'
    (found.folder / "settings").write_text(f"[engine]\n{settings}")
    try:
        _try_out(found)
        yield found
    finally:
        _clean_up(found)


def _try_out(podman: Podman) -> None:
    """Skip the test where not even `true` can be built in and run."""
    (podman.folder / "empty").mkdir()
    (podman.folder / "Dockerfile").write_text("FROM localhost/nothing\nRUN true\n")
    try:
        podman.base("localhost/nothing")
        podman.build(podman.folder / "Dockerfile", "localhost/true", podman.folder / "empty")
        podman.does(*to_run("localhost/true", "true"))
    except AssertionError as error:
        pytest.skip(f"podman can't run `true` here: {error}")


def _clean_up(podman: Podman) -> None:
    podman.tries("rm", "--all", "--force", "--time", "0")
    podman.tries("rmi", "--all", "--force")
    # Also because nothing must be deleted through a mount that is still there.
    wait_for(lambda: not _left(podman.folder), seconds=60)
    shutil.rmtree(podman.folder)


def _left(folder: Path) -> list[str]:
    """The mounts below a folder, and the processes that name it."""
    found = [line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


def _lent() -> list[str]:
    """Options that show a build or a container what is installed on this machine."""
    system = [Path("/", name) for name in _SYSTEM]
    folders = {path for path in system if path.is_dir() and not path.is_symlink()}
    folders |= {Path(path) for path in (sys.prefix, sys.base_prefix)}
    folders |= {Path(sys.base_prefix).resolve(), Path(nbstage.__file__).parent.parent}
    outermost = sorted(path for path in folders if not folders.intersection(path.parents))
    return [word for path in outermost for word in ("--volume", f"{path}:{path}:ro")]


def _base() -> bytes:
    """The files of the base image, as a tar archive."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, mode in (("etc", 0o755), ("home", 0o755), ("opt/pip", 0o755), ("tmp", 0o1777)):
            _add(archive, name, mode, type=tarfile.DIRTYPE)
        for name in _SYSTEM:
            path = Path("/", name)
            if path.is_symlink():
                _add(archive, name, type=tarfile.SYMTYPE, linkname=str(path.readlink()))
        for name, text in _FILES.items():
            _add(archive, name, text=text)
        _add(archive, "opt/pip/pip", 0o755, text=_pip())
    return written.getvalue()


def _add(
    archive: tarfile.TarFile,
    name: str,
    mode: int = 0o644,
    *,
    type: bytes = tarfile.REGTYPE,
    linkname: str = "",
    text: str = "",
) -> None:
    entry = tarfile.TarInfo(name)
    content = text.encode()
    entry.mode, entry.type, entry.linkname, entry.size = mode, type, linkname, len(content)
    archive.addfile(entry, io.BytesIO(content))


def _pip() -> str:
    """A script that runs a pip, whether or not one is installed here, and lets it ask nobody."""
    comes_with_python = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    path = ":".join(str(wheel) for wheel in comes_with_python)
    return f'#!/bin/sh\nPIP_NO_INDEX=1 PYTHONPATH="{path}" exec python -m pip "$@"\n'
