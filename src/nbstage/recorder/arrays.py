"""numpy's arrays: their bytes, hashed where they lie, and the memory they share."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

from nbstage.recorder.content import Look, Round, Span
from nbstage.recorder.kinds import module_of, name_of

# Any in this module: numpy is not imported for those who don't use it, so its types are not known.

_LARGE = 1 << 16
_CHUNK = 1 << 24


def is_array(kind: type) -> bool:
    """Whether values of this type are numpy arrays."""
    numpy = sys.modules.get("numpy")
    array = getattr(numpy, "ndarray", None)
    return isinstance(array, type) and issubclass(kind, array)


def array_parts(value: Any, seen: Look, now: Round, *, framed: bool) -> object:
    """The content of an array, and its place in memory."""
    from nbstage.recorder.instances import attributes

    numpy: Any = sys.modules["numpy"]
    kind = type(value)
    plain = value if kind is numpy.ndarray else numpy.ndarray.view(value, numpy.ndarray)
    add_span(plain, seen, framed=framed and now.tables_apart)
    form = (module_of(kind), name_of(kind), str(plain.dtype), plain.shape, plain.flags.writeable)
    return "array", form, array_content(plain, seen, now), attributes(value)


def add_span(array: Any, seen: Look, *, framed: bool) -> None:
    """Note the memory that an array lies in."""
    if not array.size:
        return
    low = high = array.__array_interface__["data"][0]
    for length, step in zip(array.shape, array.strides, strict=True):
        if step < 0:
            low += (length - 1) * step
        else:
            high += (length - 1) * step
    seen.spans.append(Span(low, high + array.itemsize, framed))


def array_content(array: Any, seen: Look, now: Round) -> object:
    """The elements, or a hash of their bytes."""
    if array.dtype.hasobject:
        return object_content(array.ravel(order="K").tolist())
    if array.dtype.kind == "T":  # numpy's texts of any length lie somewhere else
        return object_content(array.ravel().tolist())
    seen.size += array.nbytes
    if array.nbytes < _LARGE:
        return array.tobytes()
    interface = array.__array_interface__
    key = (interface["data"][0], array.shape, array.strides, str(array.dtype))
    if key not in now.memory:
        now.alive.append(array)
        now.memory[key] = _digest(array)
    return now.memory[key]


def object_content(elements: list[Any]) -> object:
    """Elements, texts among them by Python's own hash: pickle would remember each."""
    if len(elements) < 1000:
        return elements
    texts = tuple(element for element in elements if type(element) is str)
    if len(texts) == len(elements):
        return len(texts), hash(texts)
    others = [element for element in elements if type(element) is not str]
    places = bytes(type(element) is str for element in elements)
    return len(texts), hash(texts), places, others


def _digest(array: Any) -> bytes:
    state = hashlib.sha256()
    if array.flags.f_contiguous and not array.flags.c_contiguous:
        array = array.T
    numpy: Any = sys.modules["numpy"]
    if array.flags.c_contiguous:
        state.update(_bytes(array))
        return state.digest()
    rows = max(1, _CHUNK * len(array) // array.nbytes) if array.ndim else 1
    for start in range(0, len(array), rows):
        state.update(_bytes(numpy.ascontiguousarray(array[start : start + rows])))
    return state.digest()


def _bytes(array: Any) -> Any:
    return array.reshape(-1).view("u1")


def row_digests(block: Any) -> list[bytes]:
    """A hash for each row of a table of numbers (in pandas' blocks: of each column)."""
    numpy: Any = sys.modules["numpy"]
    if not block.size:
        return [b""] * len(block)
    rows = max(1, _CHUNK * len(block) // block.nbytes)
    found: list[bytes] = []
    for start in range(0, len(block), rows):
        part = numpy.ascontiguousarray(block[start : start + rows])
        found += [hashlib.sha256(_bytes(row)).digest() for row in part]
    return found
