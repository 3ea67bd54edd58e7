"""The path's predictions against those that the pipeline has stored."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbstage.bundle.agreement import disagreement
from nbstage.policy import Predicted

TABLE = pd.DataFrame({"key": [7, 8, 9, 10], "x": [0.1, 0.25, 0.5, 1 / 3]})


def path(table: pd.DataFrame) -> pd.DataFrame:
    """The path: what it predicts for such rows."""
    return pd.DataFrame({"class": table["x"] > 0.3, "share": table["x"] * 2})


def told(tmp_path: Path, lines: str, said: Predicted | None = None) -> str:
    (tmp_path / "predictions").mkdir()
    (tmp_path / "predictions/test.csv").write_text(f"id,label,score\n{lines}")
    return disagreement(tmp_path, said or Predicted(), TABLE, path)


@pytest.mark.parametrize(
    "lines",
    ["8,0,0.5\n10,1,0.6666666666666666\n", "10,1,0.667\n7,0,0.2\n", "8,0,False\n9,1,True\n"],
)
def test_the_same_predictions_are_the_same_rounded_or_not(tmp_path: Path, lines: str) -> None:
    assert told(tmp_path, lines) == ""


def test_other_predictions_are_told_with_a_row(tmp_path: Path) -> None:
    assert told(tmp_path, "8,0,0.5\n10,1,0.75\n") == (
        "the path predicts otherwise than the pipeline did in 'predictions/test.csv': for '10' "
        "'share' is 0.6666666666666666, and 'score' there is 0.75. If that table holds something "
        "else: compare = false"
    )


@pytest.mark.parametrize("lines", ["1,0,0.5\n", "8,0\n", ""])
def test_tables_of_other_rows_or_of_none_say_nothing(tmp_path: Path, lines: str) -> None:
    assert told(tmp_path, lines) == ""
    assert disagreement(tmp_path, Predicted("predictions/none.csv"), TABLE, path) == ""
