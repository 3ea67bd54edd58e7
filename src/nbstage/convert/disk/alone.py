"""One writer at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbstage.errors import UserError


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the project's folder; the system lets go of it even if the process is killed."""
    try:
        import fcntl
    except ImportError:
        # Windows has no such lock: there the check for changed files is the only guard.
        yield
        return
    handle = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = "another nbstage is writing to this project"
            raise UserError(message, "wait until it has finished, then run again.") from None
        except OSError:
            # Some network file systems can't lock a folder; going on is better than never writing.
            pass
        yield
    finally:
        os.close(handle)
