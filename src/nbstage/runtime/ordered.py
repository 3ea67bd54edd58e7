"""Sets in one order, whatever the hash seed of the process."""

from __future__ import annotations

import io
import pickle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

# The opcodes of sets in a pickle. They are looked for in the raw bytes, so they may be found where
# no set is; then a small file is written twice for nothing.
SETS = (pickle.EMPTY_SET, pickle.FROZENSET)
SMALL = 4_000_000


def ordered(elements: set[object] | frozenset[object]) -> list[object]:
    """The elements sorted: text and numbers by value, others by how pickle stores them."""
    kinds = {type(element) for element in elements}
    if kinds <= {str} or kinds <= {int} or kinds <= {bytes}:
        return sorted(elements)  # type: ignore[type-var]  # one type that has an order
    return sorted(elements, key=_as_stored)


def _as_stored(element: object) -> bytes:
    if isinstance(element, frozenset):
        return b"frozenset" + b"".join(map(_as_stored, ordered(element)))
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
