"""A version's files -> its bundle, proven to predict as the pipeline does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from nbstage.bundle.entries import Entries, read_entries, runs_code
from nbstage.bundle.folder import NAME, is_bundle, open_bundle, write_bundle
from nbstage.bundle.kinds import tables_among
from nbstage.bundle.load import file_of
from nbstage.bundle.nouns import Bundle
from nbstage.bundle.path import Way, find_path, looked_into
from nbstage.errors import UserError
from nbstage.serve_settings import ServeSettings

Say = Callable[[str], None]


class RefusedPath(UserError):
    """The project, and not the command, has something to mend: exit code 1."""


@dataclass(frozen=True, slots=True)
class Needed:
    """The files that a bundle is made of, and those that its predictions are compared with."""

    files: tuple[str, ...]
    to_compare: tuple[str, ...]


_HINT = "the tag `predict` and [tool.nbstage.serve] say which stages a row goes through."
_SAID = "nbstage: "


def make(
    root: Path,
    out: Path,
    *,
    serve: ServeSettings,
    model: str = "model",
    version: str | None = None,
    commit: str | None = None,
    trusted: tuple[str, ...] = (),
    say: Say = lambda _: None,
) -> Bundle:
    """Make the bundle of the project at `root`, or of a version laid out there, as a folder.

    Where a skops file lies beside the model it is taken in the model's place, with `trusted` the
    types in it that were reviewed. Raises RefusedPath with all that stands in the way: stages that
    look at all rows at once, read or write files, draw random numbers. `out` is there whole or not
    at all.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        bundle, table = lay_out(root, Path(folder) / "bundle", serve, model)
        bundle = replace(bundle, version=version, commit=commit, trusted=trusted)
        write_bundle(bundle)
        result = Path(folder) / "result.json"
        if faults := _prove(root, bundle.folder, table, serve.columns, result, say):
            raise _refused(faults)
        proven = open_bundle(bundle.folder)
        lines = "".join(f"{line}\n" for line in proven.requirements)
        (bundle.folder / "requirements.txt").write_text(lines, encoding="utf-8")
        write_bundle(proven)
        _put(bundle.folder, out)
    return open_bundle(out)


def _put(draft: Path, out: Path) -> None:
    """Let the bundle be at its place, unless another process has put the same one there."""
    if is_bundle(out) and (out / NAME).read_bytes() == (draft / NAME).read_bytes():
        return
    if out.exists():
        shutil.rmtree(out)
    draft.replace(out)


def lay_out(root: Path, folder: Path, serve: ServeSettings, model: str) -> tuple[Bundle, str]:
    """The files of the path in a folder, as a bundle of which nothing is proven yet; and the
    table that rows stand in for. Raises RefusedPath with all that is wrong or missing.
    """
    way, faults = _path(root, serve, model)
    faults = (*faults, *_missing(root, way))
    if faults:
        raise _refused(faults)
    _copy(root, way, folder)
    held = (file_of(folder, path) for path in way.artifacts)
    bundle = Bundle(
        folder=folder,
        model=model,
        version=None,
        commit=None,
        columns=(),
        outputs=(),
        steps=way.steps,
        estimator=way.estimator,
        pickles=tuple(sorted(path for path in held if runs_code(path))),
    )
    return bundle, way.table


def needed_files(root: Path, serve: ServeSettings, model: str) -> Needed:
    """The files that `make` needs of a project whose dvc.yaml lies at `root`."""
    way, faults = _path(root, serve, model)
    if faults:
        raise _refused(faults)
    compared = {path for step in way.steps for path in (step.rows, step.gives)}
    compared |= {*_entries(root).predictions}
    package = ["pipeline/__init__.py"] if way.modules else []
    files = dict.fromkeys((*package, *way.modules, *way.artifacts, way.table))
    return Needed(tuple(files), tuple(sorted(compared - files.keys())))


def files_to_plan(root: Path, serve: ServeSettings, model: str) -> tuple[str, ...]:
    """The files that decide what the path is, where they are there."""
    entries = _entries(root)
    modules = {path for one in entries.stages.values() for path in one.modules}
    return (*looked_into(entries, serve, model), *sorted(modules), "pipeline/__init__.py")


def _path(root: Path, serve: ServeSettings, model: str) -> tuple[Way, tuple[str, ...]]:
    entries = _entries(root)
    tables = tables_among(root, looked_into(entries, serve, model))
    return find_path(entries, serve, model, tables)


def _refused(faults: tuple[str, ...]) -> RefusedPath:
    listed = "\n".join(f"- {fault}" for fault in faults)
    return RefusedPath(f"the path from a row to a prediction is refused:\n{listed}", _HINT)


def _entries(root: Path) -> Entries:
    try:
        return read_entries((root / "dvc.yaml").read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        raise UserError(
            f"'{root}' has no dvc.yaml", "write the pipeline with `nbstage convert`."
        ) from None


def _missing(root: Path, way: Way) -> list[str]:
    """The files that the path needs and the project hasn't got."""
    needed = [*way.modules, *(file_of(root, path) for path in way.artifacts)]
    needed += [way.table] if way.table else []
    return [
        f"'{path}' is not there: run `dvc repro`, or `dvc pull`"
        for path in dict.fromkeys(needed)
        if not (root / path).is_file()
    ]


def _copy(root: Path, way: Way, draft: Path) -> None:
    """Lay the files of the path into the bundle, as they are."""
    packages = {
        (folder / "__init__.py").as_posix()
        for path in way.modules
        for folder in Path(path).parents
        if (root / folder / "__init__.py").is_file()
    }
    files = {*way.modules, *packages, *(file_of(root, path) for path in way.artifacts)}
    if (root / "params.yaml").is_file():
        files.add("params.yaml")
    for path in sorted(files):
        target = draft / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, target)


def _prove(
    root: Path, draft: Path, table: str, columns: tuple[str, ...], result: Path, say: Say
) -> tuple[str, ...]:
    """What speaks against the bundle, found in a process of its own."""
    command = [sys.executable, "-P", "-m", "nbstage.bundle.inside"]
    kept = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [path for path in kept if path and Path(path).resolve() != root.resolve()]
    with subprocess.Popen(
        [*command, str(draft), str(root.resolve()), table, str(result), *columns],
        cwd=draft,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as running:
        last: list[str] = []
        try:
            for line in running.stderr or ():
                if line.startswith(_SAID):
                    say(line.removeprefix(_SAID).strip())
                else:
                    last = [*last[-20:], line.rstrip()]
        except BaseException:
            running.kill()  # whoever ends this process ends that one
            raise
    if result.is_file():
        return tuple(map(str, json.loads(result.read_text(encoding="utf-8"))))
    told = "\n".join(last) or f"exit code {running.returncode}"
    return (f"the path could not be tried: its process ended early.\n{told}",)
