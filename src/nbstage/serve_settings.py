"""`[tool.nbstage.serve]`: the way from a row to a prediction.

[tool.nbstage.serve]
stages = ["features"]                   # that a row goes through; default: cells tagged `predict`
model = "artifacts/train/model.joblib"  # applied to what they give; or the last stage predicts
input = "customers"                     # the table that the rows stand in for
output = "predictions"                  # what the last stage makes, where that is several things
columns = ["tenure", "contract"]        # of the input; default: those that the path needs
"""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.toml_table import Table, entries, entry, leaves_root, take, text, texts


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """The path; what is empty is told from the pipeline."""

    stages: tuple[str, ...] = ()
    model: str = ""
    input: str = ""
    output: str = ""
    columns: tuple[str, ...] = ()


_KEYS = ("columns", "input", "model", "output", "stages")


def parse_serve(table: Table) -> tuple[ServeSettings, list[str]]:
    """The settings, and everything wrong with them."""
    values, faults = entries(table, _KEYS)
    model = take(text(entry(table, values, "model", None)), faults)
    if leaves_root(model):
        faults.append(f"{table.name}.model: '{model}' is outside the project")
    return ServeSettings(
        stages=take(texts(entry(table, values, "stages", [])), faults),
        model=model,
        input=take(text(entry(table, values, "input", None)), faults),
        output=take(text(entry(table, values, "output", None)), faults),
        columns=take(texts(entry(table, values, "columns", [])), faults),
    ), faults
