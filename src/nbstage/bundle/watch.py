"""What the path touches besides its rows: files, other programs, the network.

Only in the process that proves a bundle: Python can't take an audit hook back.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CODE = (".py", ".pyc", ".so", ".pth", ".dist-info", ".egg-info")
_SYSTEM = ("/dev/", "/proc/", "/sys/", "/usr/share/zoneinfo", "/etc/")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_touched: list[dict[str, None]] = []
_hooked: list[bool] = []


@contextmanager
def watched(found: dict[str, None]) -> Iterator[None]:
    """Add a sentence's end to `found` for each thing that is touched in the block."""
    if not _hooked:
        sys.addaudithook(_see)
        _hooked.append(True)
    _touched.append(found)
    try:
        yield
    finally:
        _touched.pop()


def _see(event: str, args: tuple[object, ...]) -> None:
    if not _touched:
        return
    found = _touched[-1]
    match event, args:
        case "open", (str() | os.PathLike() as path, _, int(flags)):
            _see_file(found, os.fspath(path), writes=bool(flags & _WRITES))
        case (("os.remove" | "os.rename" | "os.mkdir" | "os.rmdir"), (path, *_)):
            found[f"changes '{path}' on the disk"] = None
        case (("subprocess.Popen" | "os.system" | "os.exec" | "os.posix_spawn"), _):
            found["runs another program"] = None
        case (("socket.connect" | "socket.getaddrinfo"), _):
            found["asks the network"] = None
        case _:
            pass


def _see_file(found: dict[str, None], path: str, *, writes: bool) -> None:
    if writes:
        if not path.startswith(_SYSTEM) and not path.endswith(".pyc"):
            found[f"writes '{_short(path)}'"] = None
        return
    if path.endswith(_CODE) or path.startswith(_SYSTEM) or _is_installed(path):
        return
    found[f"reads '{_short(path)}'"] = None


def _is_installed(path: str) -> bool:
    """Whether this belongs to Python or to a package: data files of theirs too."""
    # An audit hook is called for each file that is opened: no Path is made of it.
    whole = os.path.realpath(path)
    homes = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    return "site-packages" in whole or any(
        whole.startswith(os.path.realpath(home) + os.sep) for home in homes
    )


def _short(path: str) -> str:
    return Path(path).as_posix()
