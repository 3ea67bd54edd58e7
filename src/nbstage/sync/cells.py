"""Edits of a cell's lines -> its new source."""

from __future__ import annotations

from itertools import pairwise

from nbstage.sync.nouns import Edit


def clashing(edits: list[Edit]) -> tuple[Edit, Edit] | None:
    """Two edits of the same lines that differ: two modules hold the lines, each edited its way."""
    for one, two in pairwise(_in_order(edits)):
        if one.cell == two.cell and (
            two.first <= one.last or (one.first, one.last) == (two.first, two.last)
        ):
            return one, two
    return None


def with_edits(source: str, edits: list[Edit]) -> str:
    """A cell's source with the edits made; no two of them clash."""
    lines = source.split("\n")
    for edit in reversed(_in_order(edits)):
        lines[edit.first - 1 : edit.last] = edit.lines
    return "\n".join(lines)


def _in_order(edits: list[Edit]) -> list[Edit]:
    return sorted(set(edits), key=lambda edit: (edit.cell, edit.first, edit.last))
