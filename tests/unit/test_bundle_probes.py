"""What is said of the columns, by trying the path on values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from nbstage.bundle.probes import Described, describe
from nbstage.bundle.trial import Part


def described(table: pd.DataFrame, predict: Callable[[pd.DataFrame], Any]) -> Described:
    return describe((Part("the path", lambda rows: pd.DataFrame({"y": predict(rows)})),), table)


def test_categories_keep_their_order_and_those_that_no_row_has() -> None:
    sizes = pd.CategoricalDtype(["small", "medium", "large"], ordered=True)
    table = pd.DataFrame({"size": pd.Series(["large", "small"] * 20, dtype=sizes)})
    found = described(table, lambda rows: rows["size"].cat.codes)
    (column,) = found.columns
    assert (column.categories, column.fixed) == (("small", "medium", "large"), True)
    assert column.dtype == "category ordered"
    assert found.expected[0] == {"y": 2 if column.example == "large" else 0}


def test_words_that_the_path_was_fitted_on_are_all_that_it_takes() -> None:
    table = pd.DataFrame({"word": ["a", "b", "c", "new"] * 20})
    codes = {"a": 1, "b": 2, "c": 3}  # fitted without the rows that have "new"

    def strict(rows: pd.DataFrame) -> list[int]:
        return [codes[word] for word in rows["word"]]

    (column,) = described(table, strict).columns
    assert (column.categories, column.fixed) == (("a", "b", "c"), True)
    (column,) = described(table, lambda rows: rows["word"].str.len()).columns
    assert (column.categories, column.fixed) == (("a", "b", "c", "new"), False)


def test_a_word_that_makes_a_prediction_missing_is_not_taken() -> None:
    table = pd.DataFrame({"word": ["a", "b"] * 20})
    (column,) = described(table, lambda rows: rows["word"].map({"a": 1.0, "b": 2.0})).columns
    assert (column.categories, column.fixed) == (("a", "b"), True)


def test_gaps_are_taken_where_training_had_some_and_the_path_takes_them() -> None:
    table = pd.DataFrame({"x": [1.0, None] * 20, "z": [1.0, 2.0] * 20})
    found = described(table, lambda rows: rows["x"].fillna(0.0) + rows["z"])
    assert [column.missing for column in found.columns] == [True, False]

    def strict(rows: pd.DataFrame) -> Any:
        if rows["x"].isna().any():
            raise ValueError("no gaps, please")
        return rows["x"] + rows["z"]

    assert not described(table, strict).columns[0].missing


def test_texts_with_many_values_are_not_shown() -> None:
    table = pd.DataFrame({"name": [f"person {n}" for n in range(60)]})
    found = described(table, lambda rows: rows["name"].str.len())
    (column,) = found.columns
    assert (column.categories, column.example) == ((), "example")
    assert "person" not in str(found)


def test_what_no_row_in_a_file_can_have_is_refused() -> None:
    table = pd.DataFrame({"parts": [[1], [2, 3]], "took": pd.to_timedelta([1, 2], unit="h")})
    found = described(table, lambda rows: rows["parts"].str.len())
    parts, took = found.faults
    assert parts == "column 'parts' holds object, which a row in JSON or CSV can't have"
    assert took.startswith("column 'took' holds timedelta64")


def test_a_path_that_takes_no_row_made_up_says_so() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0]})

    def one_by_one(rows: pd.DataFrame) -> Any:
        if set(rows["x"]) <= {1.0, 2.0, 3.0}:
            raise ValueError("known already")
        return rows["x"]

    found = described(table, one_by_one)
    assert found.examples == ()
    assert found.notes == ("no row made up from typical values can be predicted",)
