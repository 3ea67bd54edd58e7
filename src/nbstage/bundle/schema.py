"""The training table -> the columns of the input, before it is known what the path takes."""

from __future__ import annotations

from typing import Any

from nbstage.bundle.nouns import Column, Kind, Output, Plain

#: More values than that are no set to choose from.
MOST_CATEGORIES = 10_000

# Any: pandas has the types of its own values only.


def column_of(name: str, values: Any) -> Column | str:
    """A column of the input like this one, or why there can be none."""
    kind = kind_of(values)
    if kind is None:
        return f"column '{name}' holds {values.dtype}, which a row in JSON or CSV can't have"
    categories = _categories(values)
    return Column(name, kind, _dtype(values), categories, missing=bool(values.isna().any()))


def output_of(name: str, values: Any) -> Output:
    """A column of the predictions like this one."""
    return Output(name, kind_of(values) or "text", missing=bool(values.isna().any()))


def kind_of(values: Any) -> Kind | None:
    """What the values of a Series are; None for what is none of these."""
    import pandas as pd

    kind, dtype = pd.api.types, values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "text" if _are_texts(dtype.categories) else None
    if kind.is_bool_dtype(dtype):
        return "boolean"
    if kind.is_integer_dtype(dtype):
        return "integer"
    if kind.is_float_dtype(dtype):
        return "number"
    if kind.is_datetime64_any_dtype(dtype):
        return "time"
    if kind.is_object_dtype(dtype) or kind.is_string_dtype(dtype):
        return "text" if _are_texts(values.dropna()) else None
    return None


def distinct(values: Any) -> tuple[str, ...]:
    """The different texts of a column, sorted."""
    return tuple(sorted(map(str, values.dropna().unique())))


def typical(column: Column, values: Any, share: float) -> Plain:
    """A value as the column has it: the `share` of the way from the lowest to the highest, or from
    the most to the least frequent.
    """
    held = values.dropna()
    if held.empty:
        return None
    if column.kind in ("text", "boolean"):
        counted = held.astype(object).value_counts()
        names = sorted(counted.index, key=lambda name: (-int(counted[name]), str(name)))
        found = names[min(int(share * len(names)), len(names) - 1)]
        return bool(found) if column.kind == "boolean" else str(found)
    ordered = held.sort_values().reset_index(drop=True)
    found = ordered.iloc[min(int(share * len(ordered)), len(ordered) - 1)]
    if column.kind == "time":
        return str(found.isoformat())
    return int(found) if column.kind == "integer" else float(found)


def _dtype(values: Any) -> str:
    import pandas as pd

    if isinstance(values.dtype, pd.CategoricalDtype):
        return "category ordered" if values.dtype.ordered else "category"
    return str(values.dtype)


def _categories(values: Any) -> tuple[str, ...]:
    import pandas as pd

    from nbstage.contracts.infer import infer_column

    if isinstance(values.dtype, pd.CategoricalDtype):
        return tuple(values.dtype.categories)
    if kind_of(values) != "text":
        return ()
    return tuple(infer_column(values).values or ())


def _are_texts(values: Any) -> bool:
    return all(type(value) is str for value in values)
