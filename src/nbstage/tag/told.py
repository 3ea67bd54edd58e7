"""A proposal of tags as a table and as data."""

from __future__ import annotations

from nbstage.report.data import Plain, problems_as_data
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import clip, make_line, pad, width
from nbstage.report.problems import has_errors
from nbstage.tag.nouns import Row, Tagged

_COLUMNS = 100
_WIDEST_TAGS = 30
_WIDEST_WHY = 34


def tagged_as_text(tagged: Tagged, paint: Paint = plain) -> str:
    """Return the table: for each code cell its number, its tags, why, and its first line. `+`
    stands before the tags that are proposed, `|` before the stage that a cell goes on with.
    """
    cells = [
        (
            str(row.cell),
            clip(make_line(_tags(row)), _WIDEST_TAGS),
            clip(make_line(row.why), _WIDEST_WHY),
            make_line(row.line),
        )
        for row in tagged.rows
    ]
    head = ("cell", "tags", "why", "first line")
    widths = [max(width(row[at]) for row in (head, *cells)) for at in range(3)]
    lines = [paint(_line(head, widths), "name")]
    lines += [
        paint(_line(cell, widths), "dim") if not row.adds else _line(cell, widths)
        for row, cell in zip(tagged.rows, cells, strict=True)
    ]
    return "\n".join(lines)


def tagged_as_data(tagged: Tagged, *, written: bool) -> Plain:
    """Return the proposal for a machine."""
    return {
        "ok": not has_errors(tagged.problems),
        "written": written,
        "notebook": tagged.notebook,
        "cells": [
            {
                "cell": row.cell,
                "has": list(row.has),
                "adds": list(row.adds),
                "stage": row.stage or None,
                "why": row.why,
                "line": row.line,
            }
            for row in tagged.rows
        ],
        "problems": problems_as_data(tagged.problems),
    }


def _tags(row: Row) -> str:
    if row.adds:
        return f"+ {' '.join(row.adds)}"
    if row.has:
        return f"  {' '.join(row.has)}"
    return f"  | {row.stage}" if row.stage else "  -"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = "  ".join(pad(cell, columns) for cell, columns in zip(cells, widths, strict=False))
    return f"{left}  {clip(cells[-1], max(12, _COLUMNS - width(left) - 2))}".rstrip()
