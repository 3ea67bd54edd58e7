"""What changed since the last version -> the next one's number."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from nbstage.registry.data import mapping

KINDS = ("major", "minor", "patch")
FIRST = "v1.0.0"
_MOST_NAMED = 4


def kind_of(old: Mapping[str, object] | None, new: Mapping[str, object]) -> tuple[str, list[str]]:
    """How much a version differs from the last one, by the lineages of both, and why.

    Major: who uses the model has to change something (columns, the kind of file). Minor: other code
    makes it. Patch: the same code, with other data or parameters.
    """
    if old is None:
        return "minor", ["the last version says nothing of what it was made from"]
    before, now = mapping(old.get("made_from")), mapping(new.get("made_from"))
    for kind, reasons in (
        ("major", [*_columns(old, new), *_ending(old, new)]),
        ("minor", [*_changed("code", before, now), *_changed("commands", before, now)]),
        ("patch", [*_changed("params", before, now), *_data(before, now)]),
    ):
        if reasons:
            more = len(reasons) - _MOST_NAMED
            return kind, [*reasons[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])]
    return "patch", ["nothing changed that the model is made from"]


def next_version(last: str, kind: str) -> str:
    """The version after the last one; the first one where that is ""."""
    from gto.versions import SemVer

    if not last:
        return FIRST
    raised = SemVer(last).bump(**{f"bump_{kind}": True})
    return str(raised.version)


def _columns(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """Columns that the input data, or the model itself, has otherwise."""
    tables = [mapping(mapping(one.get("made_from")).get("data")) for one in (old, new)]
    for path in sorted(tables[0].keys() & tables[1].keys()):
        before, now = (mapping(mapping(one[path]).get("columns")) for one in tables)
        if before and now and before != now:
            yield f"the columns of '{path}'"
    taken = [mapping(one.get("model")).get("columns") for one in (old, new)]
    if taken[0] and taken[1] and taken[0] != taken[1]:
        yield "the columns that the model takes"


def _ending(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """Another kind of file, or another file."""
    paths = [str(mapping(one.get("model")).get("released", "")) for one in (old, new)]
    ends = [posixpath.splitext(path)[1] for path in paths]
    if paths[0] and ends[0] != ends[1]:
        yield f"the model's file is '{ends[1]}', and was '{ends[0]}'"


def _changed(key: str, old: dict[str, object], new: dict[str, object]) -> Iterator[str]:
    before, now = mapping(old.get(key)), mapping(new.get(key))
    what = {"code": "code", "commands": "the command of", "params": "parameter"}[key]
    for name in sorted(before.keys() | now.keys()):
        if (name in before) != (name in now) or before.get(name) != now.get(name):
            yield f"{what} '{name.rpartition(':')[2]}'"


def _data(old: dict[str, object], new: dict[str, object]) -> Iterator[str]:
    before, now = mapping(old.get("data")), mapping(new.get("data"))
    for path in sorted(before.keys() | now.keys()):
        if mapping(before.get(path)).get("md5") != mapping(now.get(path)).get("md5"):
            yield f"data '{path}'"
