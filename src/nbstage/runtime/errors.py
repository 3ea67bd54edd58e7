"""What stops a stage: one message on stderr, exit code 1, no traceback."""

from __future__ import annotations


# Both bases matter: as a SystemExit it ends `python -m pipeline.train` with the message alone, and
# as an Exception it is caught where any failure of a stage is (a test runner, a service).
class StageError(SystemExit, Exception):
    """Something the user has to put right before the stage can go on."""

    def __init__(self, message: str) -> None:
        super().__init__(f"nbstage: {message}")
        self.message = message

    def __str__(self) -> str:
        return self.message


class CannotStore(StageError):
    """A value that no file gives back as it was: a generator, an open file, a lock..."""
