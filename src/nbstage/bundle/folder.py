"""A bundle's folder: `bundle.json` beside the files, with the hash of each of them."""

from __future__ import annotations

from pathlib import Path

from nbstage.bundle.nouns import Bundle


def open_bundle(folder: Path) -> Bundle:
    """The bundle in a folder, once all its files have been found to be what they were.

    Raises UserError that names what is missing or changed. No code of the bundle runs.
    """
    raise NotImplementedError
