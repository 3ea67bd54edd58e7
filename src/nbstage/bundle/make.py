"""A version's files -> its bundle, proven to predict as the pipeline does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nbstage.bundle.nouns import Bundle
from nbstage.serve_settings import ServeSettings

Say = Callable[[str], None]


def make(
    root: Path,
    out: Path,
    *,
    serve: ServeSettings,
    model: str = "model",
    version: str | None = None,
    commit: str | None = None,
    trusted: tuple[str, ...] = (),
    say: Say = lambda _: None,
) -> Bundle:
    """Make the bundle of the project at `root`, or of a version laid out there, as a folder.

    Where a skops file lies beside the model it is taken in the model's place, with `trusted` the
    types in it that were reviewed. Raises UserError with all that stands in the way: stages that
    look at all rows at once, read or write files, draw random numbers. `out` is there whole or not
    at all.
    """
    raise NotImplementedError
