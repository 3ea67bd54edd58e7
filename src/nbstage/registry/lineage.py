"""Where a version comes from, as it is kept in its release commit; and read back from there."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

from nbstage.baseline.git import git
from nbstage.registry.kept import lineage_path
from nbstage.registry.nouns import Version
from nbstage.registry.released import Released
from nbstage.registry.source import Source, made_from, metrics_of
from nbstage.report.data import Plain, as_json

#: What a gate's verdict may be in a lineage.
MET, UNGATED = "met", "ungated"
_FORMAT = 1


def describe(source: Source, released: Released, gate: dict[str, Plain]) -> dict[str, Plain]:
    """All that is known of a version but its number, its slices, and who registers it."""
    metrics, notes = metrics_of(source)
    return {
        "format": _FORMAT,
        "name": source.name,
        "source": source.commit,
        "model": {
            "path": source.file.path,
            "md5": source.file.hash,
            "released": released.path,
            "kind": released.kind,
            "columns": list(released.columns),
            "trusted": list(released.trusted),
        },
        "made_from": made_from(source),
        "metrics": metrics,
        "gate": gate,
        "environment": environment(),
        "notes": [*released.notes, *notes],
    }


def environment() -> dict[str, Plain]:
    """This Python, and every package that is installed for it."""
    said = (one.metadata for one in distributions())  # parsed anew each time it is asked for
    packages: dict[str, Plain] = {one["Name"]: one["Version"] for one in said if one["Name"]}
    ordered = dict(sorted(packages.items(), key=lambda item: item[0].lower()))
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": ordered,
    }


def as_text(lineage: dict[str, Plain]) -> str:
    """A lineage as the file that is kept."""
    return as_json(lineage) + "\n"


def read_lineage(root: Path, version: Version) -> dict[str, object] | None:
    """What a version's release commit says of it; None where the version was made without nbstage.

    Anybody may have written it.
    """
    place = f"{version.commit}:./{lineage_path(version.name)}"
    content = git(root, "cat-file", "blob", place)
    try:
        data = json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def parents_of(root: Path, commits: Iterable[str]) -> dict[str, str]:
    """The first parent of each commit; "" for one that has none."""
    told = git(root, "rev-list", "--no-walk", "--parents", *commits) or ""
    rows = (line.split() for line in told.splitlines())
    return {row[0]: row[1] if len(row) > 1 else "" for row in rows if row}


def is_ungated(lineage: dict[str, object] | None) -> bool:
    """Whether a version was registered without the gate's verdict."""
    gate = lineage.get("gate") if lineage else None
    return not isinstance(gate, dict) or gate.get("verdict") != MET
