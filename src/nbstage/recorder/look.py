"""What a value consists of, as a hash; which changeable objects it leads to; where its arrays lie.

Pickle's C code does the walk, into a hash and not into a file. It asks `reducer_override` about
all that is no plain container, and `parts` says how to take that apart without running any of the
user's code.
"""

from __future__ import annotations

import hashlib
import operator
import pickle
from itertools import repeat
from typing import Any

from nbstage.recorder.content import Look, Round, is_plain
from nbstage.recorder.kinds import address, module_of, name_of
from nbstage.recorder.parts import is_changeable, take_apart

_MANY = 1000


def look(value: object, now: Round, *, framed: bool = False) -> Look:
    """Look at a value; `framed` for the inside of a table."""
    seen = Look()
    if (flat := _flat(value)) is not None:
        seen.digest, seen.size = flat
        seen.members.add(id(value))
        return seen
    sink = _Sink()
    taker = _Taker(sink, seen, now, framed=framed)
    try:
        taker.dump(value)
    except Exception:  # an object may raise anything, and the notebook has to go on
        seen.opaque = True
        sink.write(b"%d" % id(value))
    now.alive.append(taker)
    seen.digest = sink.hash.digest()
    seen.size += sink.size
    _add_members(seen, taker, now, framed=framed)
    return seen


def _flat(value: object) -> tuple[bytes, int] | None:
    """Digest and size of many plain texts and numbers; pickle would remember each of the texts."""
    if type(value) is list and len(value) >= _MANY:
        whole = _texts(value)
        return (whole, 60 * len(value)) if whole is not None else None
    if type(value) is dict and len(value) >= _MANY:
        parts = list(value.values())
        keys = _texts(list(value))
        held = _texts(parts) or _numbers(parts)
        return (keys + held, 120 * len(value)) if keys is not None and held is not None else None
    return None


def _texts(values: list[object]) -> bytes | None:
    if not _are_all(values, str):
        return None
    return b"texts %d %d" % (len(values), hash(tuple(values)))


def _numbers(values: list[object]) -> bytes | None:
    if not (_are_all(values, int) or _are_all(values, float)):
        return None
    return hashlib.sha256(pickle.dumps(values, 5)).digest()


def _are_all(values: list[object], kind: type) -> bool:
    return all(map(operator.is_, map(type, values), repeat(kind)))


class _Sink:
    """Where pickle writes to."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0

    def take(self, buffer: pickle.PickleBuffer) -> None:
        with buffer.raw() as data:
            self.write(data)

    def write(self, data: Any) -> int:  # bytes, or a buffer that pickle hands through
        self.hash.update(data)
        self.size += len(data)
        return len(data)


class _Taker(pickle.Pickler):
    def __init__(self, sink: _Sink, seen: Look, now: Round, *, framed: bool) -> None:
        super().__init__(sink, 5, buffer_callback=sink.take)
        self.seen = seen
        self.now = now
        self.framed = framed

    def reducer_override(self, value: object) -> Any:
        if value is tuple:
            return NotImplemented
        # As the state of an empty tuple, so that an object may contain itself.
        return tuple, (), take_apart(value, self.seen, self.now, framed=self.framed)


def _add_members(seen: Look, taker: Any, now: Round, *, framed: bool) -> None:
    decided = now.changeable
    for number, (_, value) in taker.memo.copy().items():
        kind = type(value)
        if is_plain(kind) or kind is tuple:
            continue
        if address(kind) not in decided:
            decided[address(kind)] = is_changeable(kind, now.owners)
        if decided[address(kind)] and not (framed and _is_table_part(kind)):
            seen.members.add(number)


def _is_table_part(kind: type) -> bool:
    """Below the surface of a table all but the cells is pandas' own affair."""
    return module_of(kind).startswith("pandas") and name_of(kind) not in ("DataFrame", "Series")
