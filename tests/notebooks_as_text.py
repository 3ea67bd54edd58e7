"""Notebooks written as text in the tests: percent format, as jupytext writes it."""

from __future__ import annotations

import json

from nbstage.model import CellKind, Notebook
from nbstage.notebook.percent import read_percent


def notebook(text: str, path: str = "notebooks/nb.ipynb") -> Notebook:
    """Make a notebook of percent text such as `# %% tags=["stage:train"]`."""
    cells, problems = read_percent(text.strip("\n"), path)
    assert not problems, problems
    return Notebook(path, cells)


def ipynb(text: str) -> str:
    """Give the same notebook as the JSON text of an nbformat 4 file."""
    cells: list[dict[str, object]] = [
        {
            "cell_type": cell.kind.value,
            "id": f"cell-{cell.number}",
            "metadata": {"tags": list(cell.tags)} if cell.tags else {},
            "source": cell.source.splitlines(keepends=True),
        }
        | ({"execution_count": None, "outputs": []} if cell.kind is CellKind.CODE else {})
        for cell in notebook(text).cells
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
