"""What to do where two notebooks use one name: the setting that keeps all their names apart."""

from __future__ import annotations

import re

from nbstage.convert.rules.notebook import Converted


def other_prefix(converted: Converted) -> str:
    """The lines to paste, as the end of a hint; they speak of stages, parameters and helpers."""
    if converted.prefix:
        return f"or choose another prefix than '{converted.prefix}' in [tool.nbstage.prefixes]."
    path = converted.notebook.path
    lines = ["[tool.nbstage.prefixes]", f'"{path}" = "{proposed_prefix(path)}"']
    return "\n".join(["or give this notebook a prefix in pyproject.toml:", *lines])


def proposed_prefix(path: str) -> str:
    """A prefix that looks like the notebook's name."""
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    words = re.sub(r"[^A-Za-z0-9]+", "_", stem).strip("_")
    return words if words[:1].isalpha() else f"notebook_{words}".rstrip("_")
