"""Metrics and plot tables of both runs: the pipeline wrote them, the notebook has their values."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from nbstage.runtime.errors import StageError
from nbstage.runtime.metrics import save_metrics
from nbstage.runtime.tables import save_tables
from nbstage.runtime.unset import UNSET
from nbstage.verify.inside.read import Unreadable, read_value
from nbstage.verify.inside.rows import Rows, read_rows


def metrics(source: str | dict[str, str]) -> dict[str, object]:
    """The numbers as a stage writes them: of its JSON file, or of values by name, each in a file.

    Raises Unreadable.
    """
    if isinstance(source, str):
        return _read_json(source)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/metrics.json"
        try:
            save_metrics(_values(source), path)
        except StageError as error:
            raise Unreadable(str(error)) from None
        return _read_json(path)


def tables(source: dict[str, str]) -> dict[str, Rows]:
    """The tables as a stage writes them to its CSV files: of these files, or of values. What is no
    table is left out. Raises Unreadable.
    """
    files = {name: Path(path) for name, path in source.items() if path.endswith(".csv")}
    with tempfile.TemporaryDirectory() as folder:
        save_tables(_values({name: source[name] for name in source if name not in files}), folder)
        made = {file.stem: file for file in Path(folder).glob("*.csv")}
        there = {name: file for name, file in (files | made).items() if file.is_file()}
        return {name: read_rows(there[name]) for name in source if name in there}


def _values(source: dict[str, str]) -> dict[str, object]:
    values = {name: read_value(path) for name, path in source.items()}
    return {name: value for name, value in values.items() if value is not UNSET}


def _read_json(path: str) -> dict[str, object]:
    try:
        # Any: JSON may hold anything.
        found: Any = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"'{Path(path).name}' can't be read: {error}") from None
    return found if isinstance(found, dict) else {"": found}
