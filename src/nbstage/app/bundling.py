"""What somebody names on the command line -> the bundle to predict with."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from nbstage.bundle import Bundle, make, open_bundle
from nbstage.bundle.folder import is_bundle
from nbstage.bundle.load import released_path
from nbstage.bundle.make import Needed, files_to_plan, needed_files
from nbstage.config import find_root, read_settings
from nbstage.errors import UserError
from nbstage.registry import Version, fetch, resolve
from nbstage.registry.lineage import read_lineage
from nbstage.serve_settings import ServeSettings

Say = Callable[[str], None]
#: Where bundles of versions are kept, so that they are proven once.
FOLDER = ".nbstage/bundles"


@contextmanager
def bundled(what: str, say: Say) -> Iterator[Bundle]:
    """The bundle that `what` names: its folder, `MODEL@STAGE` or `MODEL@VERSION`, a project's
    folder (as it lies there) or the file of a model in one.

    Raises UserError where there is none, or none can be made.
    """
    if importlib.util.find_spec("pandas") is None:
        raise UserError("predictions need pandas", "pip install 'nbstage[serve]'")
    named = Path(what)
    if is_bundle(named):
        yield open_bundle(named)
    elif named.exists():
        with tempfile.TemporaryDirectory(prefix="nbstage-bundle-") as folder:
            yield _of_project(named.resolve(), Path(folder) / "bundle", say)
    elif "@" in what:
        yield _of_version(find_root(Path.cwd()), what, say)
    else:
        raise UserError(
            f"'{what}' is neither a model's version nor a file or folder that is there",
            "name a version (`model@prod`, `model@v1.2.0`), a bundle's folder, a model's file, "
            "or `.` for the project as it lies here.",
        )


def _of_project(named: Path, out: Path, say: Say) -> Bundle:
    """The bundle of a project as it lies there, with the model that is named, if one is."""
    root = find_root(named if named.is_dir() else named.parent)
    serve = read_settings(root).serve
    if not named.is_dir():
        serve = replace(serve, model=named.relative_to(root).as_posix())
    elif named != root:
        raise UserError(
            f"'{named}' is no bundle: it has no bundle.json", "name a bundle, or a project's root."
        )
    return make(root, out, serve=serve, say=say)


def _of_version(root: Path, reference: str, say: Say) -> Bundle:
    """The bundle of a registered version, made and proven where this was not done before."""
    version = resolve(root, reference)
    kept = root / FOLDER / f"{version.name.replace('/', '--')}-{version.version}"
    if is_bundle(kept):
        found = open_bundle(kept)
        if found.commit == version.commit:
            return found
    kept.parent.mkdir(parents=True, exist_ok=True)
    (kept.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    return bundle_version(root, version, kept, say)


def bundle_version(root: Path, version: Version, out: Path, say: Say) -> Bundle:
    """Make the bundle of a registered version from what git and DVC have of it."""
    with tempfile.TemporaryDirectory(prefix="nbstage-version-") as name:
        folder = Path(name).resolve()
        say(f"fetching {version.name} {version.version}")
        fetch(root, version, folder, ["dvc.yaml"])
        _fetch_if_there(root, version, folder, ("pyproject.toml", "params.yaml"))
        serve = read_settings(folder).serve
        model, released, trusted = _released(root, version)
        serve = replace(serve, model=serve.model or model)
        to_plan = files_to_plan(folder, serve, version.name)
        _fetch_if_there(root, version, folder, to_plan)
        needed = needed_files(folder, serve, version.name)
        _lay_out(root, version, folder, needed, serve, released)
        return make(
            folder,
            out,
            serve=serve,
            model=version.name,
            version=version.version,
            commit=version.commit,
            trusted=trusted,
            say=say,
        )


def _lay_out(
    root: Path,
    version: Version,
    folder: Path,
    needed: Needed,
    serve: ServeSettings,
    released: str,
) -> None:
    """The files that the bundle is made of; the released model in place of the stage's own."""
    instead = bool(released) and released != serve.model
    wanted = [path for path in needed.files if not (instead and path == serve.model)]
    fetch(root, version, folder, [*wanted, released] if instead else wanted)
    beside = released_path(serve.model)
    if instead and released != beside:
        (folder / beside).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / released, folder / beside)
    _fetch_if_there(root, version, folder, needed.to_compare)


def _fetch_if_there(root: Path, version: Version, folder: Path, paths: tuple[str, ...]) -> None:
    """Lay out those of the files that can be had; a bundle may do without the others."""
    with suppress(UserError):
        fetch(root, version, folder, paths)
        return
    for path in paths:
        with suppress(UserError):
            fetch(root, version, folder, [path])


def _released(root: Path, version: Version) -> tuple[str, str, tuple[str, ...]]:
    """The stage's model, the released file, and the types in that which were reviewed."""
    lineage = read_lineage(root, version) or {}
    model = lineage.get("model")
    said = model if isinstance(model, dict) else {}
    trusted = said.get("trusted")
    return (
        str(said.get("path") or ""),
        str(said.get("released") or ""),
        tuple(map(str, trusted)) if isinstance(trusted, list) else (),
    )
