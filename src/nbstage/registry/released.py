"""The file that a version releases: the stage's own, or a skops file made of its pickle."""

from __future__ import annotations

import json
import posixpath
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nbstage.compare.files import file_of, reason
from nbstage.compare.locked import File, makers
from nbstage.compare.nouns import Side
from nbstage.errors import UserError
from nbstage.registry.data import listed
from nbstage.registry.nouns import Refused
from nbstage.registry.source import Source, overlap
from nbstage.registry.store import md5_of
from nbstage.registry_settings import RegistrySettings

_PICKLES = (".joblib", ".pkl", ".pickle")


@dataclass(frozen=True, slots=True)
class Released:
    """The released file: its path in the project, and where a new one lies now, None for the
    stage's own. `trusted` are the types in it that the user reviewed.
    """

    path: str
    file: Path | None = None
    kind: str = ""
    columns: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def release(source: Source, folder: Path, allowed: RegistrySettings) -> Released:
    """The file to release. `folder` is for what is made on the way.

    Raises Refused with the types that somebody has to review, and where skops can't hold the
    model; UserError where the model can't be had or read.
    """
    path = source.file.path
    if source.file.hash.endswith(".dir"):
        return Released(path)
    model = _model_file(source.side, source.file)
    is_pickle = path.endswith(_PICKLES) or model.open("rb").read(1) == b"\x80"
    if allowed.allow_pickle and is_pickle:
        return Released(path, notes=("a pickle is released: reading it may run any code",))
    if not is_pickle and not path.endswith(".skops"):
        return Released(path)
    told = _ask(source, folder, allowed.trusted)
    reviewed = tuple(map(str, listed(told.get("trusted"))))
    _refuse_unknown(source.name, path, tuple(map(str, listed(told.get("unknown")))), reviewed)
    if told.get("lost"):
        part = f"{told['part']}: " if told.get("part") else ""
        raise Refused(
            f"skops can't hold the model '{path}': {part}{told['lost']}",
            "keep such a part as numbers, texts, lists, dicts or numpy arrays; or `--allow-pickle` "
            "releases the stage's own file, which runs code when it is read.",
        )
    return Released(
        path if path.endswith(".skops") else _skops_path(source, path),
        None if path.endswith(".skops") else folder / "model.skops",
        str(told.get("kind", "")),
        tuple(map(str, listed(told.get("columns")))),
        reviewed,
        tuple(map(str, listed(told.get("warnings")))),
    )


def _model_file(side: Side, model: File) -> Path:
    try:
        file = file_of(side, model.path)
    except OSError as error:
        raise _unreadable(model, side.missing.get(model.path) or reason(error)) from None
    if model.hash and md5_of(file) != model.hash:
        raise _unreadable(model, "DVC's cache has another content under its hash")
    return file


def _unreadable(model: File, why: str) -> UserError:
    return UserError(
        f"the model '{model.path}' can't be read: {why}",
        "`dvc pull` brings it, or `dvc repro` makes it.",
    )


def _ask(source: Source, folder: Path, trusted: tuple[str, ...]) -> dict[str, object]:
    """What the process that reads the model says of it."""
    answer = folder / "answer.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "nbstage.registry.inside"),
            *(source.file.path, str(folder / "model.skops"), str(answer), *trusted),
        ],
        cwd=source.side.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode == 0:
        told: dict[str, object] = json.loads(answer.read_text(encoding="utf-8"))
        return told
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    raise UserError(
        f"the model '{source.file.path}' can't be read here: {lines[-1] if lines else 'no reason'}",
        "register where the packages are installed that made it (see requirements.txt); skops "
        "comes with `pip install 'nbstage[registry]'`.",
    )


def _refuse_unknown(
    name: str, path: str, unknown: tuple[str, ...], reviewed: tuple[str, ...]
) -> None:
    if unknown:
        every = [*reviewed, *unknown]
        flags = " ".join(f"--trust {shlex.quote(one)}" for one in every)
        raise Refused(
            f"the model '{path}' holds types that nobody reviewed:\n" + "\n".join(unknown),
            "whoever reads the model runs what these do when they are made. Look at each of them; "
            f"if you trust them all:\nnbstage register {name} {flags}\n"
            "or, for every version, in pyproject.toml:\n[tool.nbstage.registry]\n"
            f"trust = {json.dumps(every)}",
        )


def _skops_path(source: Source, path: str) -> str:
    """Beside the stage's file; in `releases/` where that is a folder that DVC keeps as a whole."""
    beside = f"{posixpath.splitext(path)[0]}.skops"
    taken = any(overlap(out, beside) for out in makers(source.side.locked))
    return f"releases/{source.name}.skops" if taken or beside in source.tree.blobs else beside
