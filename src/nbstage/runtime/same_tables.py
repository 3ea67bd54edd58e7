"""DataFrames, Series, indexes and extension arrays of pandas, compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray, ExtensionDtype

from nbstage.runtime.same_plain import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nbstage.runtime.same_plain import Finding, Part


def compare_tables(x: object, y: object) -> Finding | None:
    """The finding for two of pandas' values of one type; None for scalars and the like."""
    match x, y:
        case pd.DataFrame(), pd.DataFrame():
            return _frames(x, y)
        case pd.Series(), pd.Series():
            return [*_labelled(x, y), ("name", x.name, y.name), *_cells("values", x, y)]
        case pd.Index(), pd.Index():
            return _indexes(x, y)
        case ExtensionArray(), ExtensionArray():
            found = _extension(x, y)
            return None if found is None else [("dtype", x.dtype, y.dtype), *found]
        case ExtensionDtype(), ExtensionDtype():
            return _dtypes(x, y)
        case _:
            return None


def _frames(x: pd.DataFrame, y: pd.DataFrame) -> Finding:
    if x.shape != y.shape:
        return f"shape {x.shape} became {y.shape}"
    parts = [*_labelled(x, y), ("columns", x.columns, y.columns)]
    for number, name in enumerate(x.columns):
        parts += _cells(f"column {label(name)}", x.iloc[:, number], y.iloc[:, number])
    return parts


# Any: pandas' stubs type a Series by what it holds, which is not known here.
def _labelled(x: pd.DataFrame | pd.Series[Any], y: pd.DataFrame | pd.Series[Any]) -> list[Part]:
    """What frames and series have in common, and what a subclass declares to add to them."""
    extra = [name for name in x._metadata if name != "_name"]
    return [
        ("index", x.index, y.index),
        (".attrs", x.attrs, y.attrs),
        (".flags", x.flags.allows_duplicate_labels, y.flags.allows_duplicate_labels),
        *((f".{name}", getattr(x, name, None), getattr(y, name, None)) for name in extra),
    ]


def _cells(where: str, x: pd.Series[Any], y: pd.Series[Any]) -> list[Part]:
    names = str(x.dtype), str(y.dtype)
    if names[0] != names[1]:
        return [(f"{where}, dtype", *names)]
    return [(f"{where}, dtype", x.dtype, y.dtype), (where, _values(x), _values(y))]


def _values(x: pd.Series[Any] | pd.Index[Any]) -> object:
    """The numpy array of numpy's own dtypes, else pandas' extension array; never a copy."""
    return x.to_numpy() if isinstance(x.dtype, np.dtype) else x.array


def _indexes(x: pd.Index[Any], y: pd.Index[Any]) -> Finding:
    names: list[Part] = [("names", list(x.names), list(y.names))]
    match x, y:
        case pd.RangeIndex(), pd.RangeIndex():
            return [*names, ("", (x.start, x.stop, x.step), (y.start, y.stop, y.step))]
        case pd.MultiIndex(), pd.MultiIndex():
            levels: Part = ("levels", list(x.levels), list(y.levels))
            codes: Part = ("codes", [*map(np.asarray, x.codes)], [*map(np.asarray, y.codes)])
            return [*names, levels, codes]
        case _:
            freq: Part = ("freq", getattr(x, "freq", None), getattr(y, "freq", None))
            return [*names, ("", _values(x), _values(y)), freq]


def _dtypes(x: ExtensionDtype, y: ExtensionDtype) -> Finding:
    match x, y:
        case pd.CategoricalDtype(), pd.CategoricalDtype():
            ordered: Part = ("ordered", x.ordered, y.ordered)
            return [ordered, ("categories", x.categories, y.categories)]
        case pd.DatetimeTZDtype(), pd.DatetimeTZDtype():
            return [("unit", x.unit, y.unit), ("time zone", x.tz, y.tz)]
        case pd.StringDtype(), pd.StringDtype():
            missing: Part = ("missing value", type(x.na_value), type(y.na_value))
            return [("storage", x.storage, y.storage), missing]
        case _:
            return [] if x == y and repr(x) == repr(y) else f"{x} became {y}"


# Any: what follows asks arrays for what pandas' stubs don't know of.
def _extension(x: Any, y: Any) -> list[Part] | None:
    """The values as numpy arrays; None for a kind of array that is compared as pickle sees it."""
    match type(x).__name__:
        case "Categorical":
            return [("", x.codes, y.codes)]
        case "PeriodArray":
            return [("", x.asi8, y.asi8)]
        case "DatetimeArray":
            return [("", x.asi8, y.asi8)]
        case "IntervalArray":
            return [("left", x.left, y.left), ("right", x.right, y.right)]
        case "SparseArray":
            return _sparse(x, y)
        case "IntegerArray" | "FloatingArray" | "BooleanArray":
            return _masked(x, y)
        case _ if isinstance(x.dtype, (pd.StringDtype, pd.ArrowDtype)):
            return [] if _arrow_equal(x, y) else [("", x.to_numpy(object), y.to_numpy(object))]
        case _:
            return None


def _sparse(x: Any, y: Any) -> list[Part]:
    return [
        ("fill value", x.fill_value, y.fill_value),
        ("kind", x.kind, y.kind),
        ("places", x.sp_index.to_int_index().indices, y.sp_index.to_int_index().indices),
        ("", x.sp_values, y.sp_values),
    ]


def _masked(x: Any, y: Any) -> list[Part]:
    """The numbers and what is missing, but not what lies under the mask."""
    return [("missing", x.isna(), y.isna()), ("", _unmasked(x), _unmasked(y))]


def _unmasked(x: Any) -> object:
    kind = x.dtype.numpy_dtype
    return x.to_numpy(dtype=kind, na_value=kind.type(0))


def _arrow_equal(x: Any, y: Any) -> bool:
    """Whether Arrow finds both equal; not asked about floats, as to it -0.0 is 0.0."""
    if not hasattr(x, "__arrow_array__") or x.dtype != y.dtype:
        return False
    a, b = x.__arrow_array__(), y.__arrow_array__()
    floats = any(word in str(a.type) for word in ("float", "double"))
    return bool(not floats and a.type == b.type and a.equals(b))
