"""Which model of dvc.yaml is meant, and what to do where it names none."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

from nbstage.baseline.git import tree_at
from nbstage.compare.locked import read_locked
from nbstage.errors import UserError
from nbstage.registry.artifacts import artifacts, text_at
from nbstage.registry.dvc_yaml import entry_text, with_artifact
from nbstage.registry.names import check_model
from nbstage.registry.nouns import Refused
from nbstage.toml_table import leaves_root

_MODELS = (".joblib", ".skops", ".pkl", ".pickle", ".onnx", ".pt", ".safetensors")


def declared_model(root: Path, commit: str, name: str) -> tuple[str, str]:
    """The name and path of the model that a commit's dvc.yaml declares: of that name, or the only
    one where none is given. Raises Refused and UserError.
    """
    text = text_at(tree_at(root, commit), "dvc.yaml")
    known = artifacts(text)
    if name:
        check_model(name)
        known = {one: path for one, path in known.items() if one == name}
    if len(known) > 1:
        listed = ", ".join(f"'{one}'" for one in known)
        raise UserError(f"dvc.yaml names several models: {listed}", "say which one to register.")
    if not known:
        raise _none(root, text, name)
    ((found, path),) = known.items()
    check_model(found)
    return found, path


def declare(root: Path, name: str, path: str) -> None:
    """Name a model in dvc.yaml; all else in it keeps its bytes. Raises UserError."""
    check_model(name)
    file = root / "dvc.yaml"
    if leaves_root(path):
        raise UserError(f"'{path}' lies outside of the project", "name a file that a stage makes.")
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError(
            "there is no dvc.yaml that can be read", "`nbstage convert` writes it."
        ) from None
    made = {out.file.path for stage in read_locked(text, None).stages for out in stage.outs}
    if posixpath.normpath(path) not in made and not (root / path).is_file():
        known = ", ".join(f"'{one}'" for one in sorted(made))
        raise UserError(
            f"no stage makes '{path}', and there is no such file",
            f"the stages make {known}." if made else "`nbstage convert` makes stages.",
        )
    file.write_bytes(with_artifact(text, name, path, "model").encode())


def _none(root: Path, text: str | None, name: str) -> Refused:
    here = root / "dvc.yaml"
    waiting = artifacts(
        here.read_text(encoding="utf-8", errors="replace") if here.is_file() else ""
    )
    called = f"no model '{name}'" if name else "no model"
    if name in waiting or (waiting and not name):
        return Refused(
            f"the commit's dvc.yaml names {called}; the one in your folder does",
            "commit dvc.yaml, then register.",
        )
    outs = (out.file.path for stage in read_locked(text, None).stages for out in stage.outs)
    path = _likeliest(outs)
    return Refused(
        f"dvc.yaml names {called}: its `artifacts:` say which file is which model",
        f"`nbstage register {name or 'model'} --path {path}` adds this; then commit it:\n"
        f"{entry_text(name or 'model', path)}",
    )


def _likeliest(outs: Iterable[str]) -> str:
    found = [path for path in outs if path.endswith(_MODELS)]
    named = [path for path in found if "model" in path.rpartition("/")[2]]
    return (named or found or ["artifacts/train/model.joblib"])[0]
