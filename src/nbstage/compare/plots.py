"""Plots of two versions: pictures, and curves out of tables."""

from __future__ import annotations

import csv
import posixpath

from nbstage.compare.files import file_of, reason, text_of, why_missing
from nbstage.compare.nouns import Drawn, Plot, Side
from nbstage.page.content import look_into

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg")
_TABLES = (".csv", ".tsv")
_MOST_POINTS, _MOST_CURVES, _MOST_FILES = 400, 6, 40


def compare_plots(old: Side | None, new: Side) -> tuple[Plot, ...]:
    """Every plot of either version."""
    sides = [side for side in (new, old) if side is not None]
    paths = dict.fromkeys(path for side in sides for path in plot_files(side))
    return tuple(_plot(path, old, new) for path in paths)


def plot_files(side: Side) -> tuple[str, ...]:
    """The files with plots of one version; of a folder, those in it that can be drawn."""
    found: list[str] = []
    for stage in side.locked.stages:
        for out in stage.outs:
            if out.kind == "plot":
                found += _members(side, out.file.path)
    return tuple(dict.fromkeys(found))


def _members(side: Side, path: str) -> list[str]:
    folder = side.folder / path
    try:
        if posixpath.isabs(path) or ".." in path.split("/") or folder.is_symlink():
            return []
        if not folder.is_dir():
            return [path]
    except OSError:  # a name longer than any file's
        return [path]
    known = (item for item in folder.iterdir() if item.suffix.lower() in _PICTURES + _TABLES)
    return [f"{path}/{item.name}" for item in sorted(known)[:_MOST_FILES]]


def _plot(path: str, old: Side | None, new: Side) -> Plot:
    before, now = (_drawn(side, path) if side is not None else None for side in (old, new))
    return Plot(path, before, now, same=before == now)


def _drawn(side: Side, path: str) -> Drawn | None:
    ending = posixpath.splitext(path)[1].lower()
    try:
        file = file_of(side, path)
        if ending in _PICTURES:
            look = look_into(file, ending, file.stat().st_size)
            return Drawn(image=look.image, missing=look.about)
        if ending in _TABLES:
            return _curves(text_of(side, path), "\t" if ending == ".tsv" else ",")
    except FileNotFoundError:
        why = why_missing(side, path)
        return Drawn(missing=why) if why else None
    except (OSError, ValueError, csv.Error) as error:
        return Drawn(missing=f"can't be read: {reason(error)}")
    return Drawn(missing="not of a kind that is drawn here")


def _curves(text: str, delimiter: str) -> Drawn:
    """Columns of numbers against the first of them, in the order of the rows."""
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    if len(rows) < 3:
        return Drawn(missing="no curve: fewer than two rows")
    head, *body = rows
    columns = {
        name: values
        for at, name in enumerate(head)
        if (values := [_number(row, at) for row in body]) and None not in values
    }
    if len(columns) < 2:
        return Drawn(missing="no curve: fewer than two columns of numbers")
    x, *others = columns
    step = -(-len(body) // _MOST_POINTS)
    kept = sorted({*range(0, len(body), step), len(body) - 1})
    curves = tuple(
        (name, tuple((columns[x][at] or 0.0, columns[name][at] or 0.0) for at in kept))
        for name in others[:_MOST_CURVES]
    )
    return Drawn(curves=curves, x=x)


def _number(row: list[str], at: int) -> float | None:
    """A finite number; nothing else can be drawn."""
    try:
        value = float(row[at])
    except (ValueError, IndexError):
        return None
    return value if abs(value) < float("inf") else None
