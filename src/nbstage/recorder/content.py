"""What a look at a value showed, and what is shared by the looks of one round."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbstage.recorder.kinds import Owners, address

_PLAIN = frozenset(map(address, (int, float, str, bool, bytes, complex, type(None))))


def is_plain(kind: type) -> bool:
    """Whether values of this type have no parts and never change.

    Types are looked up by address throughout: a metaclass may say what their hash is.
    """
    return address(kind) in _PLAIN


@dataclass(slots=True)
class Span:
    """A stretch of memory that an array lies in; `framed` if the array is a table's own."""

    low: int
    high: int
    framed: bool


@dataclass(slots=True)
class Look:
    """What one look at a value showed.

    `members` are the changeable objects in it, by id. `opaque`: something in it can't be looked
    into; `drawing`: a figure is. `stored_by_user`: something in it says in the user's code how it
    is to be stored.
    """

    digest: bytes = b""
    size: int = 0
    members: set[int] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)
    opaque: bool = False
    drawing: bool = False
    stored_by_user: bool = False

    def takes(self, part: Look) -> None:
        """Count what was found in a part as found in the whole."""
        self.size += part.size
        self.members |= part.members
        self.spans += part.spans
        self.opaque |= part.opaque
        self.drawing |= part.drawing
        self.stored_by_user |= part.stored_by_user


@dataclass(slots=True)
class Round:
    """One look at all names. Lets go of everything afterwards.

    `tables_apart`: two pandas tables never see each other's changes, as in pandas 3.

    Within a round each table and each large array is hashed once, whoever holds it; `alive` keeps
    what is passing by, so that no id and no address is used twice. `ways`, `forms` and
    `changeable` hold what is known of each type, by its address.
    """

    owners: Owners
    tables_apart: bool = True
    tables: dict[int, Look] = field(default_factory=dict)
    memory: dict[tuple[object, ...], bytes] = field(default_factory=dict)
    forms: dict[int, Any] = field(default_factory=dict)
    ways: dict[int, Any] = field(default_factory=dict)
    changeable: dict[int, bool] = field(default_factory=dict)
    alive: list[object] = field(default_factory=list)
