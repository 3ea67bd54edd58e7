"""Parameters as a table and as data for a machine."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nbstage.params.nouns import Compared, Row
from nbstage.report.data import Plain, plain_value, problems_as_data
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import clip, make_line, pad, width
from nbstage.report.problems import has_errors

_HEADS = ("name", "notebook", "params.yaml", "used by")
_WIDEST = (30, 24, 24, 40)
_NOT_THERE = "-"


def compared_as_text(compared: Compared, paint: Paint = plain) -> str:
    """Return a table with a row for each parameter; a star marks those that differ."""
    return "\n".join(_lines(compared, paint))


def compared_as_data(compared: Compared) -> Plain:
    """Return the same for a machine."""
    return {
        "ok": not compared.refused and not has_errors(compared.problems),
        "notebook": compared.notebook,
        "parameters": [_row_as_data(row) for row in compared.rows],
        "written": list(compared.written),
        "refused": [
            {"name": one.name, "cell": one.cell, "message": one.message, "hint": one.hint}
            for one in compared.refused
        ],
        "problems": problems_as_data(compared.problems),
    }


def _row_as_data(row: Row) -> dict[str, Plain]:
    return {
        "name": row.name,
        "key": row.key,
        "cell": row.cell,
        "notebook": plain_value(row.notebook),
        "in_params_yaml": row.held,
        "params_yaml": plain_value(row.value),
        "differs": row.differs,
        "stages": list(row.stages),
    }


def _lines(compared: Compared, paint: Paint) -> Iterator[str]:
    if not compared.rows:
        yield f"{make_line(compared.notebook)}: no parameters"
        return
    table = [_HEADS, *(_texts(row) for row in compared.rows)]
    widths = [max(width(line[column]) for line in table) for column in range(3)]
    marks = [" ", *("*" if row.differs else " " for row in compared.rows)]
    for number, (mark, line) in enumerate(zip(marks, table, strict=True)):
        cells = [pad(text, wide) for text, wide in zip(line, widths, strict=False)]
        text = f"{mark} {'  '.join(cells)}  {line[3]}".rstrip()
        role = "dim" if not number else "changed" if mark == "*" else ""
        yield paint(text, role) if role else text
    differing = sum(row.differs for row in compared.rows)
    if differing:
        yield ""
        yield f"* {differing} of {len(compared.rows)} differ; stages take the value of params.yaml"


def _texts(row: Row) -> tuple[str, str, str, str]:
    texts = (
        row.key or row.name,
        _value(row.notebook),
        _value(row.value) if row.held else _NOT_THERE,
        ", ".join(row.stages) or "no stage",
    )
    name, notebook, held, users = (
        clip(make_line(text), most) for text, most in zip(texts, _WIDEST, strict=True)
    )
    return name, notebook, held, users


def _value(value: object) -> str:
    """As JSON writes it; what JSON lacks as it is, without quotes."""
    shown = plain_value(value)
    if isinstance(shown, str) and not isinstance(value, str):
        return shown
    return json.dumps(shown, ensure_ascii=False)
