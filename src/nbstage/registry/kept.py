"""Where a release commit keeps what it adds, and what it keeps there."""

from __future__ import annotations

from nbstage.baseline.git import Tree, blob
from nbstage.runtime.yaml12 import read_yaml

FOLDER = "releases"


def lineage_path(name: str) -> str:
    """The JSON file that says where a version comes from."""
    return f"{FOLDER}/{name}.json"


def card_path(name: str) -> str:
    """The model card."""
    return f"{FOLDER}/{name}.md"


def model_file(name: str, ending: str) -> str:
    """The released model, where it isn't the stage's own file."""
    return f"{FOLDER}/{name}{ending}"


def tracked_hash(tree: Tree, path: str) -> str:
    """The hash in a .dvc file, as `dvc add` writes them; "" where it says none."""
    text = blob(tree, path)
    try:
        data = read_yaml(text.decode("utf-8", "replace")) if text else None
    except (ValueError, RecursionError):
        return ""
    outs = data.get("outs") if isinstance(data, dict) else None
    first = outs[0] if isinstance(outs, list) and outs else None
    return str(first.get("md5", "")) if isinstance(first, dict) else ""
