"""One verification at work: what it is about, and the folder that it happens in. An edge."""

from __future__ import annotations

import errno
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbstage.convert.render.stage_notebook import executed_path
from nbstage.convert.rules import Converted
from nbstage.errors import UserError
from nbstage.verify.beginnings import first_cells, unseeded
from nbstage.verify.copies import copy_project
from nbstage.verify.nouns import Kind, Tolerance, Wanted

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Work:
    """A notebook of the project in `root`, and the folder in which its runs take place.

    `parameters` are the values that params.yaml gives, `say` is told of each step.
    """

    root: Path
    converted: Converted
    parameters: Mapping[str, object]
    wanted: tuple[Wanted, ...]
    tolerance: Tolerance
    folder: Path
    say: Say


def orders_path(work: Work) -> Path:
    """The file that tells a run's processes where to write or find generators' states."""
    return work.folder / "orders.json"


def write_orders(work: Work, states: Path) -> None:
    """Give `verify.begin` and the stages their orders for one run, with its folder for states."""
    states.mkdir()
    orders = {
        "folder": str(states),
        "first_cells": {str(cell): stage for cell, stage in first_cells(work.converted).items()},
        "unseeded": unseeded(work.converted),
    }
    orders_path(work).write_text(json.dumps(orders), encoding="utf-8")


def own_paths(work: Work) -> frozenset[str]:
    """The files and folders that nbstage's part of the stages writes: all but the files of the
    user's own code.
    """
    tables = {plot.path for plan in work.converted.plans for plot in plan.shown.plots(plan.name)}
    others = {one.path for one in work.wanted if one.kind is not Kind.TABLE}
    done = {f"artifacts/{plan.name}/done.txt" for plan in work.converted.plans}
    executed = {executed_path(plan.name) for plan in work.converted.plans if plan.executor}
    return frozenset(tables | others | done | executed)


def make_copy(work: Work, name: str) -> Path:
    """A copy of the project without anything that the notebook's stages make.

    Raises OSError where there is no room for it.
    """
    written = {path for plan in work.converted.plans for path in plan.writes}
    copy_project(work.root, work.folder / name, own_paths(work) | written)
    return work.folder / name


@contextmanager
def folder_for(kept: Path | None) -> Iterator[Path]:
    """A folder outside the project that is gone afterwards, or the one to be kept.

    Raises UserError where it can't be made, or has no room for all that is to be written in it.
    """
    try:
        if kept is not None:
            kept.mkdir(parents=True, exist_ok=True)
            yield kept.resolve()
            return
        with tempfile.TemporaryDirectory(
            prefix="nbstage-verify-", ignore_cleanup_errors=True
        ) as name:
            yield Path(name).resolve()
    except OSError as error:
        if error.errno in _DISK:
            raise _no_room(error) from None
        raise


_DISK = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.ENOENT, errno.ENOSPC, errno.ENOTDIR}
    | {errno.EPERM, errno.EROFS}
)


def _no_room(error: OSError) -> UserError:
    where = f"'{error.filename}': " if error.filename else ""
    return UserError(
        f"the project can't be copied to be run apart: {where}{error.strerror or error}",
        "both runs need a copy of the project in a temporary folder; the variable TMPDIR says "
        "where that may be.",
    )
