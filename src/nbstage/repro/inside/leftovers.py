"""What DVC leaves beside results when it is killed as it puts them in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_ENDING = ".nbstage.tmp"


def named(tmp_fname: Callable[[str], str]) -> Callable[[str], str]:
    """`tmp_fname` with names that tell who has made a file."""

    def ours(prefix: str = "") -> str:
        return f"{tmp_fname(prefix).removesuffix('.tmp')}{_ENDING}"

    return ours


def clear(folders: Iterable[Path]) -> None:
    """Remove what a killed reproduction left there: with the project locked, none runs."""
    for folder in folders:
        for path in folder.glob(f".*{_ENDING}"):
            with suppress(OSError):
                path.unlink()
