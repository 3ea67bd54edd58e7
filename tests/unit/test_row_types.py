"""Rows of a request become a table with the training table's types, whatever these are."""

from __future__ import annotations

import pandas as pd
import pytest

from nbstage.bundle import Column
from nbstage.bundle.nouns import Kind
from nbstage.bundle.rows import check_rows


@pytest.mark.parametrize(
    ("kind", "dtype", "values"),
    [
        ("integer", "int64", [1, 2**62]),
        ("integer", "uint8", [1, 255]),
        ("integer", "Int64", [1, None]),
        ("number", "float64", [1, None, 2.5]),
        ("number", "float32", [1.1, None]),
        ("number", "Float64", [1.5, None]),
        ("boolean", "bool", [True, False]),
        ("boolean", "boolean", [True, None]),
        ("text", "object", ["a", None]),
        ("text", "object", ["a"]),
        ("text", "str", ["a", None]),
        ("text", "string", ["a", None]),
        ("text", "category", ["a", None]),
        ("time", "datetime64[ns]", ["2024-01-01", None]),
        ("time", "datetime64[us]", ["2024-01-01T01:02:03.500000"]),
        ("time", "datetime64[ns, UTC]", ["2024-01-01T00:00:00+00:00", None]),
    ],
)
def test_a_column_has_the_type_it_had_in_training(
    kind: Kind, dtype: str, values: list[object]
) -> None:
    column = Column("x", kind, dtype, ("a", "b") if dtype == "category" else (), missing=True)
    table = check_rows((column,), [{"x": value} for value in values]).table
    told = pd.CategoricalDtype(["a", "b"]) if dtype == "category" else dtype
    given = [float("nan") if value is None and dtype == "object" else value for value in values]
    expected = pd.Series(given, dtype=told, name="x").to_frame()
    pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert [type(value) for value in table["x"]] == [type(value) for value in expected["x"]]
