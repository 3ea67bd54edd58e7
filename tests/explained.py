"""The examples in the texts of `nbstage explain`, as files of a project."""

from __future__ import annotations

import re
from pathlib import Path

from nbstage import app
from nbstage.app.syncing import sync
from nbstage.model import Problem
from tests.notebooks_as_text import ipynb

NOTEBOOK = "notebooks/nb.ipynb"
_BLOCK = re.compile(r"(?:^`(\S+)`:\n\n)?^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(text: str, name: str) -> str:
    """Give what stands under `## name`."""
    return text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def files(part: str) -> dict[str, str]:
    """Give the fenced blocks by path: the line "`dvc.yaml`:" above one says which file it is."""
    return {path or NOTEBOOK: content for path, content in _BLOCK.findall(part)}


def write(root: Path, wanted: dict[str, str]) -> tuple[str, ...]:
    """Write the files into a project; return its notebooks, which are in percent format or JSON."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for path, content in wanted.items():
        is_percent = path.endswith(".ipynb") and content.startswith("# %%")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(ipynb(content) if is_percent else content, encoding="utf-8")
    return tuple(path for path in wanted if path.startswith("notebooks/"))


def problems(root: Path, wanted: dict[str, str]) -> tuple[Problem, ...]:
    """Give all that `nbstage check` reports in a project of these files."""
    return app.check(root, write(root, wanted)).problems


def problems_of_edits(
    root: Path, before: dict[str, str], wanted: dict[str, str]
) -> tuple[Problem, ...]:
    """Give all that `nbstage sync` reports where the notebooks were converted as they were before,
    and then all files became those wanted.
    """
    notebooks = {path: text for path, text in before.items() if path.startswith("notebooks/")}
    app.convert(root, write(root, notebooks))
    return sync(root, write(root, wanted)).problems
