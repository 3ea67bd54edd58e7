"""Where the classes of a notebook are in the pipeline."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path


def find_classes_of(notebook: str) -> None:
    """Let `__main__.X`, as values from the notebook name their classes and functions, mean the X
    that the pipeline has in one of its modules.
    """

    # A module's own __getattr__ is asked for the names it lacks.
    def look_up(name: str) -> object:
        if name.isidentifier() and not name.startswith("__"):
            for module in _modules_with(name, notebook):
                found: object = getattr(importlib.import_module(module), name)
                return found
        raise AttributeError(f"the pipeline has no '{name}'")

    sys.modules["__main__"].__getattr__ = look_up  # type: ignore[method-assign]


def _modules_with(name: str, notebook: str) -> list[str]:
    """The modules that define a name at their top level, those made from the notebook and helpers
    first: another notebook may have another X.
    """
    defined = re.compile(rf"^(?:(?:class|def|async def) {name}\b|{name} = )", re.MULTILINE)
    folders = Path("pipeline/helpers"), Path("pipeline")
    texts = {
        file: file.read_text(encoding="utf-8")
        for folder in folders
        for file in sorted(folder.glob("*.py"))
    }
    found = [file for file, text in texts.items() if defined.search(text)]
    found.sort(key=lambda file: f" from {notebook}. " not in texts[file].partition("\n")[0])
    return [".".join(file.with_suffix("").parts) for file in found]
