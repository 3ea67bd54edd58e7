"""What stops a stage: one message on stderr, exit code 1, no traceback."""

from __future__ import annotations

from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def expected_error() -> Iterator[None]:
    """Go on after an exception, as a notebook does after a cell tagged `raises-exception`."""
    try:
        yield
    except Exception:  # whatever the cell is there to show
        import traceback

        traceback.print_exc()
