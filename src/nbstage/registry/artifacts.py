"""`artifacts:` in dvc.yaml: which file is which model."""

from __future__ import annotations

import posixpath

from nbstage.baseline.git import Tree, blob
from nbstage.runtime.yaml12 import read_yaml
from nbstage.toml_table import leaves_root


def artifacts(text: str | None) -> dict[str, str]:
    """The paths of all models by their names. What is of another type, such as a dataset, or lies
    outside of the project, is none.
    """
    try:
        data = read_yaml(text or "")
    except (ValueError, RecursionError):
        return {}
    entries = data.get("artifacts") if isinstance(data, dict) else None
    found = entries.items() if isinstance(entries, dict) else ()
    paths = {
        str(name): str(entry["path"])
        for name, entry in found
        if isinstance(entry, dict) and isinstance(entry.get("path"), str)
        if entry.get("type", "model") == "model"
    }
    return {name: posixpath.normpath(path) for name, path in paths.items() if not leaves_root(path)}


def artifact_path(text: str | None, name: str) -> str:
    """The path of a model; "" where dvc.yaml names none."""
    return artifacts(text).get(name, "")


def text_at(tree: Tree, path: str) -> str | None:
    """A text of a commit; None where it has none."""
    content = blob(tree, path)
    return None if content is None else content.decode("utf-8", "replace")
