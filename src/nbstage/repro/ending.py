"""How the fork of a stage ends."""

from __future__ import annotations

import atexit
import gc
import io
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Python's own exit code for what was printed and can't be written.
_NOT_WRITTEN = 120


def end_well(begun_with: set[str], is_installed: Callable[[str], bool]) -> None:
    """End the process as Python does after a module, but for taking apart what the fork was given.

    Threads are waited for, exit functions are called, what the stage has made goes, and all that
    was printed is written, by libraries in C, too. To take apart what was imported before the fork
    takes longer than many a stage: all of that memory would be copied first.
    """
    import ctypes
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for kind in (io.TextIOBase, io.BufferedIOBase):  # before what they write to may be closed
        list(map(_flushed, [one for one in gc.get_objects() if issubclass(type(one), kind)]))
    for name in [name for name in sys.modules if name not in begun_with]:
        if not _is_library(name, is_installed):
            del sys.modules[name]
    del sys.modules["__main__"]
    gc.collect()
    ctypes.pythonapi.exit(0 if all(map(_flushed, (sys.stdout, sys.stderr))) else _NOT_WRITTEN)


def _flushed(stream: Any) -> bool:
    try:
        if stream is not None and not stream.closed:
            stream.flush()
    except Exception:
        return False
    return True


def _is_library(name: str, is_installed: Callable[[str], bool]) -> bool:
    try:
        return name.partition(".")[0] in sys.stdlib_module_names or is_installed(name)
    except ValueError:  # somebody made it, and not from a file
        return False
