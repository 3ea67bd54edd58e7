"""Pickles of a bundle as files that run no code when they are read, where such a file can hold
exactly the same.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbstage.bundle.load import SAFE
from nbstage.bundle.nouns import Bundle
from nbstage.runtime import StageError
from nbstage.runtime.formats import reader_of, writer
from nbstage.runtime.values import lost_by


# Any: the values are the user's.
def made_safer(bundle: Bundle, values: dict[str, Any]) -> Bundle:
    """The bundle with fewer pickles. What a file holds was compared with what it was made of."""
    left = tuple(path for path in bundle.pickles if not _stored(bundle.folder, path, values))
    return replace(bundle, pickles=left)


def _stored(folder: Path, path: str, values: dict[str, Any]) -> bool:
    for ending in SAFE:
        target = folder / f"{path}{ending}"
        if path in values and _holds(values[path], target, ending):
            (folder / path).unlink()
            return True
        target.unlink(missing_ok=True)
    return False


def _holds(value: Any, target: Path, ending: str) -> bool:
    """Whether a file of this format gives the value back as it is; the file is then there."""

    def read(path: str) -> Any:
        with Path(path).open("rb") as file:
            return reader_of(ending)(file)

    with suppress(StageError):  # a package that is not installed
        return lost_by(value, str(target), writer(f"{target}")[1], read) is None
    return False
