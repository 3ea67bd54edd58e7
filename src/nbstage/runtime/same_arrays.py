"""Arrays and numbers of numpy, and scipy's sparse matrices, compared."""

from __future__ import annotations

import numpy as np

from nbstage.runtime.same_plain import compare_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nbstage.runtime.same_plain import Finding, Part

    # Any: arrays of every dtype pass here.
    Array = np.ndarray[Any, np.dtype[Any]]


def compare_arrays(x: object, y: object) -> Finding | None:
    """The finding for two of numpy's values of one type; None for neither arrays nor numbers."""
    match x, y:
        case np.ma.MaskedArray(), np.ma.MaskedArray():
            return [*_attributes(x, y), *_masked(x, y)]
        case np.ndarray(), np.ndarray() if type(x) is np.ndarray:
            return _compare(x, y)
        case np.ndarray(), np.ndarray():
            return [*_attributes(x, y), ("", np.asarray(x), np.asarray(y))]
        case np.generic(), np.generic():
            return _compare(np.asarray(x), np.asarray(y))
        case np.dtype(), np.dtype():
            return [] if _same_dtype(x, y) else f"dtype {x} became {y}"
        case _:
            return None


def compare_sparse(x: object, y: object) -> Finding | None:
    """The finding for two sparse matrices of one type; None for anything else."""
    from scipy import sparse

    names = SPARSE.get(getattr(x, "format", ""))
    if names is None or not (sparse.issparse(x) and sparse.issparse(y)):
        return None
    # Not the whole `__dict__`: it also caches whether the indices are sorted.
    return [(f".{name}", getattr(x, name), getattr(y, name)) for name in names]


SPARSE = {
    "csr": ("shape", "indptr", "indices", "data"),
    "csc": ("shape", "indptr", "indices", "data"),
    "bsr": ("shape", "indptr", "indices", "data"),
    "coo": ("shape", "coords", "data"),
    "dia": ("shape", "offsets", "data"),
}


def _attributes(x: Array, y: Array) -> list[Part]:
    """What a subclass adds to an array."""
    if isinstance(x, np.ma.MaskedArray):
        return []
    return [(".__dict__", getattr(x, "__dict__", None), getattr(y, "__dict__", None))]


def _masked(x: np.ma.MaskedArray[Any, Any], y: np.ma.MaskedArray[Any, Any]) -> list[Part]:
    return [
        (".data", np.asarray(x.data), np.asarray(y.data)),
        (".mask", np.asarray(x.mask), np.asarray(y.mask)),
        (".fill_value", x.fill_value, y.fill_value),
        (".hardmask", x.hardmask, y.hardmask),
    ]


def _same_dtype(x: np.dtype[Any], y: np.dtype[Any]) -> bool:
    # `np.longlong` is `np.int64` by another name, and comes back from a pickle by this one.
    return x == y and x.str == y.str and (x.type is np.record) == (y.type is np.record)


def same_number(x: object, y: object) -> bool:
    """Whether these are one number in two C types of one size, such as longlong and int64."""
    return (
        isinstance(x, np.generic)
        and isinstance(y, np.generic)
        and x.dtype.kind in "iu"
        and _same_dtype(x.dtype, y.dtype)
        and bool(x == y)
    )


def _compare(x: Array, y: Array) -> Finding:
    if not _same_dtype(x.dtype, y.dtype):
        return f"dtype {x.dtype} became {y.dtype}"
    if x.shape != y.shape:
        return f"shape {x.shape} became {y.shape}"
    if x.dtype.names is not None:
        return [(f"[{name!r}]", x[name], y[name]) for name in x.dtype.names]
    if x.dtype.kind == "O":
        found = compare_items(x.ravel().tolist(), y.ravel().tolist())
        return found if isinstance(found, str) else [(_place(x, p), a, b) for p, a, b in found]
    if _same_bits(x, y):
        return []
    equal = _equal(x, y)
    return [] if equal.all() else _first(x, y, equal)


def _place(x: Array, step: str) -> str:
    """The position "[7]" of the flat array as one of `x` itself."""
    at = np.unravel_index(int(step[1:-1]), x.shape) if x.ndim else ()
    return f"[{', '.join(str(int(number)) for number in at)}]"


def _same_bits(x: Array, y: Array) -> bool:
    """Whether the bytes agree, read as integers: quick, and enough except for not-a-numbers."""
    size = x.dtype.itemsize
    if x.dtype.kind not in "biufmM" or size not in (1, 2, 4, 8) or x.ndim == 0:
        return False
    # A transposed array is compared as it lies in memory, not by copying it.
    if x.flags.f_contiguous and y.flags.f_contiguous:
        x, y = x.T, y.T
    if not (x.flags.c_contiguous and y.flags.c_contiguous):
        return False
    return bool(np.array_equal(x.view(f"u{size}"), y.view(f"u{size}")))


def _equal(x: Array, y: Array) -> Array:
    """Where two arrays agree, not a number with not a number, -0.0 apart from 0.0."""
    found: Array
    if x.dtype.kind == "c":
        found = _equal(x.real, y.real) & _equal(x.imag, y.imag)
    elif x.dtype.kind == "f":
        equal = (x == y) & (np.signbit(x) == np.signbit(y))
        found = equal | (np.isnan(x) & np.isnan(y))
    elif x.dtype.kind in "mM":
        found = (x == y) | (np.isnat(x) & np.isnat(y))
    elif x.dtype.kind == "V":
        found = np.asarray(x.tobytes() == y.tobytes())
    else:
        found = np.asarray(x == y)
    return np.asarray(found)


def _first(x: Array, y: Array, equal: Array) -> Finding:
    if equal.ndim == 0:
        return f"{str(x)[:60]} became {str(y)[:60]}"
    flat = int(np.argmin(equal))
    at = tuple(int(number) for number in np.unravel_index(flat, equal.shape))
    return [(_place(equal, f"[{flat}]"), x[at], y[at])]
