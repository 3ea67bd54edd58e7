"""Arrays in a pickle: how they lie in memory, and which of them share it.

Both are more than looks. Sums differ in the last digit between a table stored by rows and one
stored by columns, and what is written through one view is read through the other:

    head = scores[:5]
    head[0] = 1     # scores[0] is 1 as well
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # Any: arrays of every dtype pass here.
    Array = np.ndarray[Any, np.dtype[Any]]
    Reduced = tuple[object, ...]

ALIGNED = 64


def lies_plainly(array: Array) -> bool:
    """Whether a copy by rows keeps the order of the elements in memory (gaps don't count)."""
    steps = [step for step, size in zip(array.strides, array.shape, strict=True) if size > 1]
    return all(step >= 0 for step in steps) and steps == sorted(steps, reverse=True)


def in_order(array: Array) -> bool:
    """Whether numpy itself stores the array by rows or by columns, as it lies in memory."""
    return bool(array.flags.f_contiguous) or lies_plainly(array)


def stored_as_it_lies(array: Array) -> Reduced | None:
    """How to pickle an array that pickle itself would lay out anew; None for all others."""
    if not array.dtype.isnative:  # numpy's pickles turn the bytes round on reading
        return of_dtype, (array.astype(array.dtype.newbyteorder("=")), array.dtype)
    if in_order(array):
        return None
    order = tuple(sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis])))
    back = tuple(axis for axis in range(array.ndim) if array.strides[axis] < 0)
    return laid_out, (np.flip(array, back).transpose(order).copy(order="C"), order, back)


def of_dtype(native: Array, dtype: np.dtype[Any]) -> Array:
    """The same numbers in a byte order that is not this machine's."""
    return native.astype(dtype)


def laid_out(compact: Array, order: tuple[int, ...], back: tuple[int, ...]) -> Array:
    """The array whose axes lie in memory in `order`, those of `back` from the end to the start."""
    return np.flip(compact.transpose(np.argsort(order)), back)


def shared_views(value: object) -> dict[int, Reduced]:
    """How to pickle the arrays in `value` that share memory, by their id.

    Finds arrays in lists, tuples and dicts; those inside of other objects are the objects' own.
    """
    groups: dict[int, list[Array]] = {}
    for array in _arrays(value):
        groups.setdefault(id(_root(array)), []).append(array)
    found: dict[int, Reduced] = {}
    for arrays in groups.values():
        if _overlap(arrays):
            found.update(_views(arrays))
    return found


def _arrays(value: object) -> list[Array]:
    """All plain arrays in nested containers, each once."""
    found: dict[int, Array] = {}
    seen: set[int] = set()
    left: list[object] = [value]
    while left:
        item = left.pop()
        if type(item) is np.ndarray:
            found.setdefault(id(item), item)
        elif isinstance(item, (dict, list, tuple)) and id(item) not in seen:
            seen.add(id(item))
            left.extend(reversed(item.values() if isinstance(item, dict) else item))
    return list(found.values())


def _root(array: Array) -> Array:
    """The array that owns the memory, or the last one before something that is no array."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _overlap(arrays: list[Array]) -> bool:
    spans = sorted(np.lib.array_utils.byte_bounds(array) for array in arrays if array.size)
    return any(left[1] > right[0] for left, right in pairwise(spans))


def _views(arrays: list[Array]) -> dict[int, Reduced]:
    """Views into one copy of the memory that the arrays cover together; not for objects."""
    root = _root(arrays[0])
    whole = root.flags.c_contiguous or root.flags.f_contiguous
    if root.dtype.hasobject or not whole:
        return {}
    bounds = [np.lib.array_utils.byte_bounds(array) for array in arrays if array.size]
    start = root.__array_interface__["data"][0]
    low = (min(low for low, _ in bounds) - start) // ALIGNED * ALIGNED
    high = max(high for _, high in bounds) - start
    span = root.reshape(-1, order="A").view(np.uint8)[low:high].copy()
    return {id(array): _view(array, span, start + low) for array in arrays}


def _view(array: Array, span: Array, start: int) -> Reduced:
    offset = array.__array_interface__["data"][0] - start if array.size else 0
    form = (array.dtype, array.shape, offset, array.strides, bool(array.flags.writeable))
    return view_of, (span, *form)


def view_of(
    span: Array,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    offset: int,
    strides: tuple[int, ...],
    writeable: bool,
) -> Array:
    """A view into `span` as it was into the memory that several arrays shared."""
    view: Array = np.ndarray(shape, dtype, span, offset, strides)
    view.flags.writeable = writeable
    return view
