"""What a stage needs of the machine, and what the machine has."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from nbstage.repro.schedule import Need

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)
_STEPS = " KMGT"
#: As much as a stage took when it was traced, and a bit: the same run never takes just the same.
_MARGIN = 1.2


def room_for(jobs: int) -> Need:
    """What is there for so many stages at once; a stage alone has all of it, however much."""
    if jobs == 1:
        return Need(1)
    import psutil

    return Need(jobs, int(psutil.virtual_memory().available), _gpus())


def cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def need_of(meta: object, traced_mb: float) -> Need:
    """What a stage needs by the `resources` in its `meta`, else by its trace (0: not known)."""
    said = meta.get("resources") if isinstance(meta, Mapping) else None
    given = (
        {str(key): str(value) for key, value in said.items()} if isinstance(said, Mapping) else {}
    )
    gpus = next((value for key, value in given.items() if key.endswith("gpu")), "0")
    memory = size_of(given.get("memory", "")) or int(traced_mb * 1_000_000 * _MARGIN)
    return Need(max(1, _whole(given.get("cpu", "1"))), memory, _whole(gpus))


def size_of(text: str) -> int:
    """Bytes of a size such as `4G`, `512Mi` or `2GB`; 0 where it is none."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return 0
    return int(float(found[1]) * 1024 ** _STEPS.index(found[2].upper() or " "))


def _whole(text: str) -> int:
    """A number of cores or GPUs; a part of one takes a whole one."""
    try:
        return max(0, -int(-float(text) // 1))
    except (ValueError, OverflowError):
        return 0


def _gpus() -> int:
    """How many stages may have a GPU at once: one for each, and one where that isn't known."""
    folder = Path("/proc/driver/nvidia/gpus")
    return max(1, sum(1 for _ in folder.iterdir()) if folder.is_dir() else 1)
