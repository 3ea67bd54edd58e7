"""Rows from outside: what each kind of column takes, and what is said of all else."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstage.bundle.nouns import Column, Kind
from nbstage.bundle.rows import check_columns, check_rows

INTEGER = Column("n", "integer", "int64")
SMALL = Column("n", "integer", "int8")
UNSIGNED = Column("n", "integer", "uint8")
GAPS = Column("n", "integer", "Int64", missing=True)
NUMBER = Column("x", "number", "float64")
NARROW = Column("x", "number", "float32", missing=True)
TRUTH = Column("b", "boolean", "bool")
TEXT = Column("t", "text", "str", missing=True)
WORD = Column("t", "text", "str", ("yes", "no"), fixed=True)
RANK = Column("t", "text", "category ordered", ("low", "high"), fixed=True, missing=True)
OBJECT = Column("t", "text", "object", missing=True)
TIME = Column("d", "time", "datetime64[us]")
ZONED = Column("d", "time", "datetime64[ns, UTC]", missing=True)

TAKEN: list[tuple[Column, Any, Any]] = [
    (INTEGER, 3, 3),
    (INTEGER, 3.0, 3),
    (INTEGER, -(2**63), -(2**63)),
    (SMALL, 127, 127),
    (GAPS, None, pd.NA),
    (GAPS, 2**53 + 1, 2**53 + 1),
    (NUMBER, 3, 3.0),
    (NUMBER, 1e308, 1e308),
    (NARROW, 1.5, 1.5),
    (TRUTH, True, True),
    (TEXT, "", ""),
    (TEXT, "None", "None"),
    (WORD, "no", "no"),
    (RANK, "high", "high"),
    (TIME, "2026-01-31", pd.Timestamp("2026-01-31")),
    (TIME, "2026-01-31T10:20:30.123456", pd.Timestamp("2026-01-31T10:20:30.123456")),
    (TIME, date(2026, 1, 2), pd.Timestamp("2026-01-02")),
    (ZONED, "2026-01-31T12:00:00+01:00", pd.Timestamp("2026-01-31T11:00:00Z")),
    (ZONED, "2026-01-31T12:00:00Z", pd.Timestamp("2026-01-31T12:00:00Z")),
]


@pytest.mark.parametrize(("column", "value", "expected"), TAKEN)
def test_a_value_that_fits_is_as_in_the_training_table(
    column: Column, value: Any, expected: Any
) -> None:
    checked = check_rows((column,), [{column.name: value}])
    assert checked.faults == ()
    found = checked.table[column.name]
    if column.dtype.startswith("category"):
        assert list(found.cat.categories) == ["low", "high"]
        assert found.cat.ordered
    else:
        assert str(found.dtype) == column.dtype
    assert found.iloc[0] is pd.NA if expected is pd.NA else found.iloc[0] == expected


REFUSED: list[tuple[Column, Any, str]] = [
    (INTEGER, 2.5, "is 2.5, and not a whole number"),
    (INTEGER, "3", "is '3', and not a whole number"),
    (INTEGER, True, "is True, and not a whole number"),
    (INTEGER, None, "is missing"),
    (INTEGER, float("nan"), "is missing"),
    (INTEGER, float("inf"), "is inf, and not a whole number"),
    (
        INTEGER,
        2**63,
        "is 9223372036854775808, and not between -9223372036854775808 and 9223372036854775807",
    ),
    (SMALL, 128, "is 128, and not between -128 and 127"),
    (UNSIGNED, -1, "is -1, and not between 0 and 255"),
    (INTEGER, [1], "is [1], and not a whole number"),
    (NUMBER, "1.5", "is '1.5', and not a number"),
    (NUMBER, float("-inf"), "is -inf, and not a finite number"),
    (NUMBER, 10**400, f"is 1{'0' * 59}..., and not a finite number"),
    (NARROW, 1e39, "is 1e+39, and not a finite number"),
    (TRUTH, 1, "is 1, and neither true nor false"),
    (TRUTH, "true", "is 'true', and neither true nor false"),
    (TEXT, 5, "is 5, and not a text"),
    (TEXT, "\ud800", "is a text with characters that are none"),
    (TEXT, {"a": 1}, "is {'a': 1}, and not a text"),
    (WORD, "maybe", "is 'maybe', and not one of 'yes', 'no'"),
    (WORD, "x\n\x1b[31m" + "y" * 99, f"is 'x??[31m{'y' * 53}...', and not one of 'yes', 'no'"),
    (WORD, None, "is missing"),
    (RANK, "middle", "is 'middle', and not one of 'low', 'high'"),
    (TIME, "31.1.2026", "is '31.1.2026', and not a time such as '2026-01-31T12:00:00'"),
    (TIME, 1700000000, "is 1700000000, and not a time such as '2026-01-31T12:00:00'"),
    (
        TIME,
        "2026-01-31T12:00:00Z",
        "is '2026-01-31T12:00:00Z', in a time zone, which the training table's times are not",
    ),
    (
        ZONED,
        "2026-01-31T12:00:00",
        "is '2026-01-31T12:00:00', without its distance from UTC such as '+01:00'",
    ),
]


@pytest.mark.parametrize(("column", "value", "said"), REFUSED)
def test_a_value_that_does_not_fit_is_named_with_its_field(
    column: Column, value: Any, said: str
) -> None:
    checked = check_rows((column,), [{column.name: value}])
    assert [(one.row, one.field, one.message) for one in checked.faults] == [(0, column.name, said)]
    assert len(checked.table) == 0


def test_a_time_too_far_away_for_the_training_table_is_refused() -> None:
    checked = check_rows((ZONED,), [{"d": "9999-01-01T00:00:00Z"}])
    assert [one.message for one in checked.faults] == [
        "is '9999-01-01T00:00:00Z', which is too far away"
    ]


def test_a_time_finer_than_those_of_the_training_table_is_refused() -> None:
    days = Column("d", "time", "datetime64[s]")
    checked = check_rows((days,), [{"d": "2026-01-01T00:00:00.5"}, {"d": "2026-01-01T00:00:01"}])
    assert [one.message for one in checked.faults] == [
        "is '2026-01-01T00:00:00.5', finer than the training table's times"
    ]


def test_all_faults_of_all_rows_are_told_and_the_good_rows_keep_their_numbers() -> None:
    columns = (INTEGER, WORD)
    rows: list[Any] = [
        {"n": 1, "t": "yes"},
        {"n": "a", "t": "b", "extra": 1},
        5,
        {"n": 4, "t": "no"},
        {},
    ]
    checked = check_rows(columns, rows)
    assert list(checked.table.index) == [0, 3]
    assert [(one.row, one.field) for one in checked.faults] == [
        (1, "extra"),
        (1, "n"),
        (1, "t"),
        (2, ""),
        (4, "n"),
        (4, "t"),
    ]


WRITTEN: list[tuple[Column, str, Any]] = [
    (INTEGER, " 12 ", 12),
    (INTEGER, "12.0", 12),
    (INTEGER, "1e3", 1000),
    (GAPS, "9007199254740993", 9007199254740993),
    (NUMBER, "0.1", 0.1),
    (NUMBER, "1_000", None),
    (NUMBER, "1,5", None),
    (INTEGER, "", None),
    (NUMBER, "nan", None),
    (NUMBER, "infinity", None),
    (TRUTH, "FALSE", False),
    (TRUTH, "1", None),
    (TEXT, "NA", "NA"),
    (TIME, "2026-01-31 10:00", pd.Timestamp("2026-01-31 10:00")),
]


@pytest.mark.parametrize(("column", "cell", "expected"), WRITTEN)
def test_a_cell_of_a_csv_file_is_read_as_its_column(
    column: Column, cell: str, expected: Any
) -> None:
    checked = check_columns((column,), {column.name: [cell]}, 1, as_text=True)
    found = list(checked.table[column.name])
    assert found == ([] if expected is None else [expected])
    assert bool(checked.faults) is (expected is None)


def test_an_empty_cell_is_a_missing_value_and_so_is_nan_for_a_number() -> None:
    columns = (GAPS, NARROW, TEXT, RANK, ZONED, OBJECT)
    cells = {"n": [""], "x": ["NaN"], "t": [""], "d": [""]}
    checked = check_columns(columns[:3] + columns[4:5], cells, 1, as_text=True)
    assert checked.faults == ()
    assert checked.table.isna().all(axis=None)


@pytest.mark.parametrize(
    ("column", "values", "bad"),
    [
        (NUMBER, pd.Series([1.0, np.inf, 2.0]), [1]),
        (NUMBER, pd.Series([1, 2, 3]), []),
        (NUMBER, pd.Series([Decimal("1.5"), Decimal("2")]), []),
        (INTEGER, pd.Series([1.0, 2.5]), [1]),
        (INTEGER, pd.Series([1, None], dtype="Int64"), [1]),
        (SMALL, pd.Series([1, 300]), [1]),
        (TRUTH, pd.Series([True, False]), []),
        (WORD, pd.Series(["yes", "nein"], dtype="category"), [1]),
        (TIME, pd.Series([pd.Timestamp("2026-01-01"), pd.NaT]), [1]),
        (TIME, pd.Series([datetime(2026, 1, 1), "x"], dtype=object), [1]),
    ],
)
def test_a_column_of_a_parquet_file_is_taken_as_it_is_where_it_fits(
    column: Column, values: Any, bad: list[int]
) -> None:
    checked = check_columns((column,), {column.name: values}, len(values), as_text=False)
    assert [one.row for one in checked.faults] == bad
    assert str(checked.table[column.name].dtype) == column.dtype


KINDS: list[Kind] = ["integer", "number", "boolean", "text", "time"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(st.lists(JSON | st.fixed_dictionaries({"a": JSON, "b": JSON}), max_size=4), st.data())
def test_no_row_whatsoever_is_more_than_told(rows: list[Any], data: st.DataObject) -> None:
    dtypes = {"integer": "Int16", "number": "float32", "boolean": "boolean", "text": "str"}
    columns = tuple(
        Column(name, kind, dtypes.get(kind, "datetime64[ns]"), missing=data.draw(st.booleans()))
        for name in ("a", "b")
        for kind in [data.draw(st.sampled_from(KINDS))]
    )
    checked = check_rows(columns, rows)
    bad = {one.row for one in checked.faults}
    assert bad | {*checked.table.index} == {*range(len(rows))}
    assert not bad & {*checked.table.index}
    json.dumps([one.message for one in checked.faults]).encode()
