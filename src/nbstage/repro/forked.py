"""The fork of a stage: what it becomes before its module runs, and how it ends after that."""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import os
import runpy
import signal
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

#: Python's own exit code for what was printed and can't be written.
_NOT_WRITTEN = 120


def write_to(output: str) -> None:
    """Let all that is printed go to the end of a file; there is nothing to read."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for old, new in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(old, new)
    os.close(nothing)
    os.close(file)


def stand_by() -> None:
    """Make this fork, as far as any stage would, what `python -m MODULE` is."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "numpy.random" in sys.modules:  # Python's own generator knows of forks
        sys.modules["numpy.random"].seed()
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=sys.modules["builtins"], __annotations__={})
    sys.modules["__main__"] = main


def become(request: dict[str, Any], said: str) -> None:
    """Make it what `python -m MODULE` is just before it runs the module."""
    write_to(request["output"])
    os.write(1, said.encode())
    os.environ.update(request["environment"])
    sys.argv = [request["file"]]
    sys.orig_argv = list(request["argv"])
    importlib.invalidate_caches()


def run(module: str) -> None:
    """Run a module as `python -m` does; what it raises is told as if nothing stood around it."""
    try:
        # What `python -m` calls.
        runpy._run_module_as_main(module)  # type: ignore[attr-defined]
    except SystemExit:
        raise
    except BaseException as error:
        told, own = sys.excepthook, error.__traceback__ and error.__traceback__.tb_next
        sys.excepthook = lambda kind, value, _: told(kind, value.with_traceback(own), own)
        raise


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
    sys.modules.pop("__main__", None)
    gc.collect()
    printed = [getattr(sys, name, None) for name in ("stdout", "stderr")]
    ctypes.pythonapi.exit(0 if all(map(_flushed, printed)) else _NOT_WRITTEN)


def _flushed(stream: Any) -> bool:
    try:
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()
    except Exception:
        return False
    return True


def _is_library(name: str, is_installed: Callable[[str], bool]) -> bool:
    try:
        return name.partition(".")[0] in sys.stdlib_module_names or is_installed(name)
    except ValueError:  # somebody made it, and not from a file
        return False
