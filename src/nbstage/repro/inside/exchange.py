"""One thing in the place of another, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def exchanged(module: ModuleType, name: str, new: object) -> Iterator[None]:
    """Let a name of a module stand for something else in this block."""
    old = getattr(module, name)
    setattr(module, name, new)
    try:
        yield
    finally:
        setattr(module, name, old)
