"""Where a release commit keeps what it adds to its parent, and how a .dvc file is read."""

from __future__ import annotations

import posixpath

from nbstage.baseline.git import Tree, blob
from nbstage.runtime.yaml12 import read_yaml

FOLDER = "releases"
_DVC = ".dvc"


def lineage_path(name: str) -> str:
    """The JSON file that says where a version comes from."""
    return f"{FOLDER}/{name}.json"


def card_path(name: str) -> str:
    """The model card."""
    return f"{FOLDER}/{name}.md"


def tracker_path(name: str) -> str:
    """The .dvc file of the released model. Beside the model itself git might ignore it, and DVC
    refuses a .dvc file that is ignored.
    """
    return f"{FOLDER}/{name}{_DVC}"


def tracker_text(name: str, path: str, hashed: str, size: int) -> str:
    """A .dvc file in `releases/` that tracks `path`, which is relative to the project."""
    up = "/".join([".."] * (name.count("/") + 1))
    lines = (f"md5: {hashed}", f"size: {size}", "hash: md5", f"path: {_quoted(path)}")
    return f"wdir: {up}\nouts:\n- " + "\n  ".join(lines) + "\n"


def tracked(tree: Tree) -> dict[str, str]:
    """The files and folders that a commit's .dvc files track, and their hashes."""
    found: dict[str, str] = {}
    for path in tree.blobs:
        if path.endswith(_DVC) and posixpath.basename(path) != _DVC:
            found |= _outs(path, blob(tree, path) or b"")
    return found


def _outs(path: str, text: bytes) -> dict[str, str]:
    try:
        data = read_yaml(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    said = data if isinstance(data, dict) else {}
    folder = posixpath.join(posixpath.dirname(path), str(said.get("wdir", ".")))
    outs = said.get("outs")
    return {
        posixpath.normpath(posixpath.join(folder, str(out.get("path")))): str(out.get("md5", ""))
        for out in (outs if isinstance(outs, list) else ())
        if isinstance(out, dict)
    }


def _quoted(value: str) -> str:
    from nbstage.convert.yaml.write import scalar

    return scalar(value)
