"""A bundle at work: rows in, predictions out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbstage.bundle.nouns import Bundle, Checked

if TYPE_CHECKING:
    import pandas as pd


class Predictor:
    """A bundle whose stages are imported and whose artifacts are loaded. Any thread may use it.

    Raises UserError where the bundle holds pickles and these are not allowed, where a file can't be
    read, or where its predictions for its own examples are not those of the machine it was made on.
    """

    def __init__(self, bundle: Bundle, *, allow_pickle: bool = False) -> None:
        self.bundle = bundle
        self.allow_pickle = allow_pickle

    def check(self, rows: Sequence[object]) -> Checked:
        """Rows as JSON has them (dicts), each wrong field named; unknown fields are wrong."""
        raise NotImplementedError

    def check_table(self, table: pd.DataFrame) -> Checked:
        """The same for a table from a file, whose further columns don't matter."""
        raise NotImplementedError

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """A row of predictions for each row of a checked table: same order, same index."""
        raise NotImplementedError
