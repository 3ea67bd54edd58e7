"""dvc.lock without the stages that dvc.yaml no longer has."""

from __future__ import annotations

from collections.abc import Collection

from nbstage.convert.yaml.blocks import Edit, Entry, children, splice, whole
from nbstage.convert.yaml.read import Document, read
from nbstage.model import Problem


def prune_lock(text: str, stages: Collection[str]) -> str:
    """The text of dvc.lock without these stages, all else byte for byte.

    A file that can't be read is left as it is: DVC itself says best what is wrong with it.
    """
    document = read(text, "dvc.lock")
    if isinstance(document, Problem):
        return text
    parent = _stages_entry(document)
    entries = children(document, parent) if parent else None
    if parent is None or not entries:
        return text
    gone = [entry for entry in entries if entry.name in stages]
    edits = [Edit(entry.first, entry.end) for entry in gone]
    if len(gone) == len(entries):
        # DVC takes `stages: {}` for no stages, but not a bare `stages:`.
        edits.append(Edit(parent.first, parent.first + 1, ("stages: {}",)))
    return splice(document, edits) if gone else text


def _stages_entry(document: Document) -> Entry | None:
    root = whole(document)
    found = children(document, root) if root else None
    return next((entry for entry in found or () if entry.name == "stages"), None)
