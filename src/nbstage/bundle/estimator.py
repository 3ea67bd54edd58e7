"""A fitted model -> the table of its predictions."""

from __future__ import annotations

import sys
from typing import Any

# Any: the model is the user's.


def predictions_of(model: Any, table: Any) -> Any:
    """What the model says of each row: `prediction`, and of a classifier that knows them the
    probabilities, `probability_CLASS` for each class.
    """
    import pandas as pd

    index = index_of(table)
    classes: Any = getattr(model, "classes_", None)
    shares: Any = None
    if classes is not None and hasattr(model, "predict_proba"):
        shares = model.predict_proba(table)
    if shares is None or getattr(shares, "ndim", 0) != 2 or shares.shape[1] != len(classes):
        return pd.DataFrame(_columns("prediction", model.predict(table)), index=index)
    chosen = classes[shares.argmax(axis=1)] if _takes_likeliest(model) else model.predict(table)
    found = _columns("prediction", chosen)
    for number, name in enumerate(classes):
        found[f"probability_{name}"] = shares[:, number]
    return pd.DataFrame(found, index=index)


def _takes_likeliest(model: Any) -> bool:
    """Whether predicting is to take the likeliest class, so that a forest is asked just once."""
    forests = sys.modules.get("sklearn.ensemble._forest")
    pipelines = sys.modules.get("sklearn.pipeline")
    while pipelines is not None and type(model) is pipelines.Pipeline:
        model = model.steps[-1][1]
    kind = getattr(type(model), "predict", None)
    return forests is not None and kind is forests.ForestClassifier.predict


def index_of(table: Any) -> Any:
    """The index of a table; numbers from 0 for an array or a sparse matrix."""
    import pandas as pd

    return table.index if hasattr(table, "iloc") else pd.RangeIndex(table.shape[0])


def can_predict(model: Any) -> bool:
    """Whether this is a fitted model as scikit-learn has them."""
    return callable(getattr(model, "predict", None)) and not isinstance(model, type)


def columns_for(model: Any, table: Any) -> tuple[str, ...]:
    """The columns by whose names the model was fitted, in its order; none where it knows no names.

    A pipeline asks its first step, which may be the user's own and not say.
    """
    names = getattr(model, "feature_names_in_", None)
    if names is None or not hasattr(table, "columns"):
        return ()
    found = tuple(str(name) for name in names)
    return found if set(found) <= {*table.columns} else ()


def as_table(value: Any, name: str, index: Any) -> Any:
    """What a stage gives, as a table with a row for each of the rows it got.

    Raises ValueError that says why it is none.
    """
    import pandas as pd

    if isinstance(value, pd.Series):
        value = value.to_frame(name if value.name is None else str(value.name))
    if not isinstance(value, pd.DataFrame):
        value = pd.DataFrame(_columns(name, value), index=index)
    if len(value) != len(index):
        raise ValueError(f"gives {len(value)} rows for {len(index)}")
    if not value.columns.is_unique:
        raise ValueError("gives two columns with one name")
    if not value.index.equals(index):
        if not value.index.is_unique or not index.isin(value.index).all():
            return value.set_axis(index)
        value = value.loc[index]
    return value.set_axis([str(column) for column in value.columns], axis=1)


def _columns(name: str, values: Any) -> dict[str, Any]:
    import numpy as np

    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 1:
        return {name: array}
    if array.ndim == 2:
        return {f"{name}_{number}": array[:, number] for number in range(array.shape[1])}
    raise ValueError(f"gives {type(values).__name__}, and not a value for each row")
