"""A bundle at work: rows in, predictions out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbstage.bundle.entries import name_of
from nbstage.bundle.estimator import as_table, predictions_of
from nbstage.bundle.load import load_values
from nbstage.bundle.nouns import Bundle, Checked
from nbstage.bundle.rows import check_columns, check_rows
from nbstage.bundle.same import first_difference
from nbstage.bundle.steps import Stages, importable, open_stages, run_step
from nbstage.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


class Predictor:
    """A bundle whose stages are imported and whose artifacts are loaded. Any thread may use it.

    Raises UserError where the bundle holds pickles and these are not allowed, where a file can't be
    read, or where its predictions for its own examples are not those of the machine it was made on.
    """

    def __init__(self, bundle: Bundle, *, allow_pickle: bool = False) -> None:
        self.bundle = bundle
        importable(bundle.folder)
        values = load_values(bundle, allow_pickle=allow_pickle)
        self._stages: Stages = open_stages(bundle.folder, bundle.steps, values)
        self._prove()

    def check(self, rows: Sequence[object]) -> Checked:
        """Rows as JSON has them (dicts), each wrong field named; unknown fields are wrong."""
        return check_rows(self.bundle.columns, rows)

    def check_table(self, columns: Mapping[str, Any], count: int, *, as_text: bool) -> Checked:
        """The same for columns of a file (lists or Series); further columns don't matter.

        With `as_text` numbers, truth values and times are written out, as in CSV.
        """
        return check_columns(self.bundle.columns, columns, count, as_text=as_text)

    def predict(self, table: pd.DataFrame) -> pd.DataFrame:
        """A row of predictions for each row of a checked table: same order, same index.

        Raises whatever the user's code raises on rows it can't take.
        """
        if not len(table):
            return _empty(self.bundle, table)
        found = run_path(self.bundle, self._stages, table.reset_index(drop=True))
        return found.set_axis(table.index)  # type: ignore[no-any-return]

    def _prove(self) -> None:
        """The bundle's examples have the predictions that they had where it was made."""
        checked = self.check(self.bundle.examples)
        if not self.bundle.examples or checked.faults:
            return
        found = self.predict(checked.table)
        expected = [dict(row) for row in self.bundle.expected]
        why = first_difference(plain_rows(found), expected)
        if why:
            raise UserError(
                f"the bundle '{self.bundle.folder}' predicts otherwise here than where it was "
                f"made: {why}",
                "install the packages in its requirements.txt, in the versions given there.",
            )


def _empty(bundle: Bundle, table: pd.DataFrame) -> pd.DataFrame:
    """The predictions for no rows, which many a model has no answer to."""
    import pandas as pd

    return pd.DataFrame(index=table.index, columns=[output.name for output in bundle.outputs])


# Any: tables of pandas, whose columns are the user's.
def run_path(bundle: Bundle, stages: Stages, table: Any) -> Any:
    """The predictions for a table whose index counts from 0."""
    value: Any = table
    for step in bundle.steps:
        value = run_step(stages, step, value)
    if bundle.estimator:
        passed = value[[*bundle.passed]] if bundle.passed else value
        return predictions_of(stages.values[bundle.estimator], passed)
    return as_table(value, name_of(bundle.steps[-1].gives), table.index)


def plain_rows(table: Any) -> list[dict[str, Any]]:
    """Predictions as JSON has them: None for what is missing, times as ISO 8601."""
    columns = {name: [_plain(value) for value in table[name].tolist()] for name in table.columns}
    return [
        {name: values[number] for name, values in columns.items()} for number in range(len(table))
    ]


def _plain(value: Any) -> Any:
    if value is None or value != value or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, str | int | float | bool) else str(value)
