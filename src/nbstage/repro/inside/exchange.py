"""One thing in the place of another, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def exchanged(owner: object, name: str, new: object) -> Iterator[None]:
    """Let a name of a module or a class stand for something else in this block."""
    old = getattr(owner, name)
    setattr(owner, name, new)
    try:
        yield
    finally:
        setattr(owner, name, old)
