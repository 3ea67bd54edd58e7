"""The project's files: compare them with what was rendered, and write changes all or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from nbstage.convert.disk import record
from nbstage.convert.disk.compare import HEADER, compare
from nbstage.convert.disk.places import read
from nbstage.convert.disk.replace import replace_all
from nbstage.errors import UserError
from nbstage.model import Change, File, Problem


def read_text(root: Path, path: str) -> str | None:
    """The text of a file with its own line ends; None where there is none.

    Raises UserError for a folder, a place outside the project, a file that may not be read or
    is not UTF-8.
    """
    text = read(root, path)
    if text is not None and any("\udc80" <= char <= "\udcff" for char in text):
        raise UserError(f"'{path}' is not UTF-8 text", "save it as UTF-8, then run again.")
    return text


def changes(
    root: Path,
    files: tuple[File, ...],
    stale: Collection[str] = (),
    *,
    force: bool = False,
    carried: Collection[str] = (),
) -> tuple[tuple[Change, ...], tuple[Problem, ...]]:
    """What writing these files would change, and what stands in its way (NBS403, NBS404).

    Writes nothing. `stale` are generated files to remove; `force` gives up edits made by hand
    to generated files; those to files in `carried` are in what was rendered.
    """
    paths = {record.PATH, *(file.path for file in files), *stale}
    held = {path: text for path in sorted(paths) if (text := read(root, path)) is not None}
    recorded = record.parse(held.get(record.PATH, ""))
    vanished = [path for path in recorded if not os.path.lexists(root / path)]
    comparison = compare(files, stale, held, vanished=vanished, force=force, carried=carried)
    return comparison.changes, comparison.problems


def apply(root: Path, changes: tuple[Change, ...]) -> None:
    """Make all the changes or none; a crash in between leaves each file whole, old or new.

    Raises UserError where a file can't be written or was changed meanwhile, and while another
    nbstage writes.
    """
    if changes:
        replace_all(root, changes)


def find_stale(root: Path, files: Iterable[File], notebooks: Collection[str]) -> tuple[str, ...]:
    """Generated modules in `pipeline/` that come from these notebooks and are not in `files`."""
    wanted = {file.path for file in files}
    heads = tuple(f"{HEADER}{notebook}. " for notebook in notebooks)
    found = sorted((root / "pipeline").rglob("*.py"))
    paths = (path.relative_to(root).as_posix() for path in found if path.is_file())
    return tuple(
        path for path in paths if path not in wanted and (read(root, path) or "").startswith(heads)
    )


def find_contracts(root: Path) -> frozenset[str]:
    """The contracts of stored tables: `contracts/STAGE/NAME.yaml`."""
    found = (root / "contracts").glob("*/*.yaml")
    return frozenset(path.relative_to(root).as_posix() for path in found if path.is_file())


def tracked_apart(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths that `dvc add` tracks, each by a .dvc file beside it."""
    return frozenset(path for path in paths if os.path.lexists(root / f"{path}.dvc"))
