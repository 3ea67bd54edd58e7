"""All names of the notebook at one moment, and what changed between two moments."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from nbstage.recorder.content import Look, Round, is_plain
from nbstage.recorder.kinds import Owners, type_name
from nbstage.recorder.look import look
from nbstage.recorder.names import surely_bound, within_reach
from nbstage.recorder.sharing import share
from nbstage.recorder.tables import keep_apart


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of each name. Holds no object of the notebook but numbers, True and None."""

    marks: dict[str, object] = field(default_factory=dict)
    digests: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    shares: list[list[str]] = field(default_factory=list)
    opaque: frozenset[str] = frozenset()
    drawings: frozenset[str] = frozenset()
    stored_by_user: frozenset[str] = frozenset()
    sizes: dict[str, int] = field(default_factory=dict)


def take(values: Mapping[str, object], owners: Owners) -> Snapshot:
    """Look at all values."""
    now = Round(owners, tables_apart=keep_apart())
    looks: dict[str, Look] = {}
    for name, value in values.items():
        if not is_plain(type(value)):
            looks[name] = look(value, now)
    shares = share(looks, owners)
    now.alive.clear()  # what looks leave behind points to them, and would wait to be collected
    return Snapshot(
        {name: _mark(value) for name, value in values.items()},
        {name: seen.digest for name, seen in looks.items()},
        {name: type_name(value) for name, value in values.items()},
        shares,
        frozenset(name for name, seen in looks.items() if seen.opaque),
        frozenset(name for name, seen in looks.items() if seen.drawing),
        frozenset(name for name, seen in looks.items() if seen.stored_by_user),
        {name: seen.size for name, seen in looks.items()},
    )


def _mark(value: object) -> object:
    """By what a later object is known to be another one. Addresses are used again, so a type, and
    a text's hash, go with them.
    """
    kind = type(value)
    if kind is str or kind is bytes:
        return id(value), hash(value)
    return value if is_plain(kind) else (id(value), id(kind))


def changes(
    before: Snapshot,
    after: Snapshot,
    tree: ast.Module,
    values: Mapping[str, object],
    *,
    ended: bool,
    drew: bool,
) -> dict[str, object]:
    """What a cell did to the names; `ended`: it came to its end; `drew`: it found open figures,
    which pyplot reaches without a name.
    """
    sure = surely_bound(tree) if ended else set()
    bound = {
        name
        for name, mark in after.marks.items()
        if name in sure or name not in before.marks or not _same(before.marks[name], mark)
    }
    kept = [name for name in after.digests if name not in bound]
    changed = {name for name in kept if after.digests[name] != before.digests.get(name)}
    changed |= _out_of_sight(after, tree, values) - bound
    changed |= after.drawings - bound if drew else set()
    return {
        "binds": {name: after.types[name] for name in sorted(bound | changed)},
        "changes": sorted(changed),
        "deletes": sorted(before.marks.keys() - after.marks.keys()),
        "shares": after.shares,
    }


def _same(one: object, other: object) -> bool:
    """Numbers are the same by identity of type and text: 0.0 is not -0.0, and nan is nan."""
    if type(one) is not type(other):
        return False
    return one == other if type(one) is tuple else repr(one) == repr(other)


def _out_of_sight(after: Snapshot, tree: ast.Module, values: Mapping[str, object]) -> set[str]:
    """Names of what can't be looked into, where the cell could get hold of it."""
    if not after.opaque:
        return set()
    near = within_reach(tree, values) & after.opaque
    for group in after.shares:
        if near & set(group):
            near |= set(group) & after.opaque
    return near
