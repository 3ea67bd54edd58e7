# ruff: noqa: PTH112, PTH115, PTH123, PTH208 - a stage gets no module that it doesn't import
"""Whether a fork of this process is as good as a new one."""

from __future__ import annotations

import os
import sys

#: Threads that are not needed in a fork: pyarrow's allocator goes on without its own.
_KNOW_OF_FORKS = ("jemalloc_bg_thd",)
#: What is open where CUDA, ROCm, a driver of Linux's own, or Windows' behind it is at work.
_GPUS = ("/dev/nvidia", "/dev/kfd", "/dev/dri/", "/dev/dxg")


def doubt() -> str:
    """Why a fork of this process may not be what a new process is; empty where it is one.

    It has just been forked: what has threads of its own and knows of forks (OpenBLAS) has ended
    them before that, and a thread that is left is one that the fork misses.
    """
    if not os.path.isdir("/proc/self/task"):
        return "this system doesn't say what threads a process has"
    left = [name for name in _threads() if name not in _KNOW_OF_FORKS]
    if left:
        return f"its libraries start threads at import ({', '.join(sorted(set(left)))})"
    if any(_target(name).startswith(_GPUS) for name in os.listdir("/proc/self/fd")):
        return "its libraries open a GPU at import"
    return _generators()


def _threads() -> list[str]:
    """The names of all threads but the first."""
    found: list[str] = []
    for number in os.listdir("/proc/self/task"):
        if int(number) != os.getpid():
            with open(f"/proc/self/task/{number}/comm") as file:
                found.append(file.read().strip())
    return found


def _target(name: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return ""


def _generators() -> str:
    """Random generators that a module keeps for itself: all forks would draw the same numbers."""
    random, numpy = sys.modules.get("random"), sys.modules.get("numpy.random")
    kinds: list[type] = [random.Random] if random else []
    system: tuple[type, ...] = (random.SystemRandom,) if random else ()
    if numpy:
        kinds += [numpy.Generator, numpy.RandomState]
    known = {id(random._inst)} if random else set()
    if numpy:
        known.add(id(numpy.mtrand._rand))
    for name, module in list(sys.modules.items()):
        for value in list(getattr(module, "__dict__", {}).values()):
            kind = type(value)
            drawn = issubclass(kind, tuple(kinds)) and not issubclass(kind, system)
            if drawn and id(value) not in known:
                return f"'{name}' keeps random numbers of its own"
    return ""
