"""Sets in one order, whatever the hash seed of the process; in their own where that is steady."""

from __future__ import annotations

import io
import os
import pickle
from itertools import permutations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

# The opcodes of sets in a pickle. They are looked for in the raw bytes, so they may be found where
# no set is; then a small file is written twice for nothing.
SETS = (pickle.EMPTY_SET, pickle.FROZENSET)
SMALL = 4_000_000


_STEADY = frozenset({bool, complex, float, int})
_SEEDED = frozenset({bytes, str})
_FEW = 5  # elements of which all orders are tried


def ordered(elements: set[object] | frozenset[object]) -> list[object] | dict[object, None]:
    """The elements in an order from which a set can be made that is like this one.

    Where hashes are the same in each process, a later stage finds the elements as they stand here,
    if there is a simple way: `{8, 0}` runs through 8 first, `{0, 8}` through 0.
    """
    steady = _STEADY if _draws_hashes() else _STEADY | _SEEDED
    by_value = _sorted(elements)
    if {type(element) for element in elements} <= steady:
        own = list(elements)
        few = map(list, permutations(own)) if len(own) <= _FEW else ()
        # A set made of a dict gets its memory at once, as a literal's does; of a list, bit by bit.
        for order in (by_value, own, own[::-1], *few):
            for given in (order, dict.fromkeys(order)):
                if all(one is other for one, other in zip(own, set(given), strict=True)):
                    return given
    return by_value


def _draws_hashes() -> bool:
    """Whether this process has drawn the seed of its hashes at random."""
    return os.environ.get("PYTHONHASHSEED", "random") == "random"


def _sorted(elements: set[object] | frozenset[object]) -> list[object]:
    """The elements sorted: text and numbers by value, others by how pickle stores them."""
    kinds = {type(element) for element in elements}
    if kinds <= {str} or kinds <= {int} or kinds <= {bytes}:
        return sorted(elements)  # type: ignore[type-var]  # one type that has an order
    return sorted(elements, key=_as_stored)


def _as_stored(element: object) -> bytes:
    if isinstance(element, frozenset):
        return b"frozenset" + b"".join(map(_as_stored, _sorted(element)))
    return type(element).__name__.encode() + pickle.dumps(element, 4)


def ordered_copy(file: BinaryIO, write: Callable[[BinaryIO], None]) -> None:
    """Write a pickle with sets in it anew, in order, with `write`.

    A set that contains itself stays as it is, and so does a file of several megabytes: DVC may then
    take the stage's output for changed, which costs time and nothing else.
    """
    if file.tell() > SMALL:
        return
    end = file.tell()
    file.seek(0)
    data = file.read()
    if any(opcode in data for opcode in SETS):
        copy = io.BytesIO()
        try:
            write(copy)
        except (RecursionError, TypeError, ValueError, AttributeError, pickle.PickleError):
            return
        file.seek(0)
        file.truncate()
        file.write(copy.getvalue())
        return
    file.seek(end)
