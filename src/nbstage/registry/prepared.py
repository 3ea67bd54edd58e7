"""All that is added to a commit to make a release commit of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbstage.registry.artifacts import text_at
from nbstage.registry.card import OWN, make_card
from nbstage.registry.dvc_yaml import with_artifact
from nbstage.registry.kept import card_path, lineage_path, tracker_path, tracker_text
from nbstage.registry.lineage import as_text
from nbstage.registry.released import Released
from nbstage.registry.source import Source
from nbstage.registry.store import keep
from nbstage.report.data import Plain


@dataclass(frozen=True, slots=True)
class Prepared:
    """A release commit's own files, and the objects that the DVC remote is to have."""

    files: dict[str, bytes]
    objects: tuple[str, ...]


def prepare(root: Path, source: Source, released: Released, lineage: dict[str, Plain]) -> Prepared:
    """Put the released file into DVC's cache, and make the files that speak of it."""
    name = source.name
    objects = [source.file.hash] if source.file.hash else []
    files: dict[str, bytes] = {}
    model = lineage["model"] if isinstance(lineage["model"], dict) else {}
    if released.file is not None:
        hashed, size = keep(root, released.file)
        objects.append(hashed)
        lineage = {**lineage, "model": {**model, "released_md5": hashed}}
        files[tracker_path(name)] = tracker_text(name, released.path, hashed, size).encode()
        declared = with_artifact(text_at(source.tree, "dvc.yaml") or "", name, released.path)
        files["dvc.yaml"] = declared.encode()
    own = text_at(source.tree, OWN.format(name=name)) or ""
    files[lineage_path(name)] = as_text(lineage).encode()
    files[card_path(name)] = make_card(dict(lineage), own).encode("utf-8", "backslashreplace")
    return Prepared(files, tuple(objects))


def date_of(at: int) -> str:
    """A time as a lineage has it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
