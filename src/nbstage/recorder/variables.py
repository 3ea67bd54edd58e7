"""Which environment variables the notebook's own code reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from nbstage.recorder.activity import Watch
from nbstage.recorder.kinds import Owners

_BETWEEN = frozenset({"os", "collections.abc", "_collections_abc"})


def watch_variables(watch: Watch, owners: Owners) -> None:
    """Note each name that code of the notebook or the project looks up in `os.environ`."""
    kind: Any = type(os.environ)  # Any: a class whose method is replaced
    look_up: Callable[[object, str], str] = kind.__getitem__

    def __getitem__(self: object, key: str) -> str:
        if watch.active and type(key) is str and _asked_by_user(owners):
            watch.seen.variables.add(key)
        return look_up(self, key)

    kind.__getitem__ = __getitem__


def _asked_by_user(owners: Owners) -> bool:
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in _BETWEEN:
        frame = frame.f_back
    name = frame.f_globals.get("__name__")
    return type(name) is str and owners.owns(name)
