"""Contract -> the YAML that people edit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbstage.runtime.contract import Column, Contract

_HEAD = """\
# What `{name}` has to be, which stage `{stage}` stores: a table that is otherwise stops the stage.
# Written by `nbstage contract` from the table that was there, and yours to edit: `nbstage convert`
# and `dvc repro` make it count. min and max are a tenth of the range further out than what was
# seen (dates have no max), `values` are those seen. More can be asked: type, nullable, unique,
# optional, min, max, values; `others: true` allows columns that are not named here.
"""
# What YAML would read as something else than text.
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/]*(?:[ -]?[A-Za-z0-9_/]+)*")


def as_yaml(contract: Contract, stage: str, name: str) -> str:
    """The text of a contract's file."""
    return _HEAD.format(name=name, stage=stage) + "\n".join([*_lines(contract), ""])


def lines_of(contract: Contract) -> list[str]:
    """A contract without comments, to be compared."""
    return [*_lines(contract)]


def _lines(contract: Contract) -> Iterator[str]:
    rows = [("min", contract.least_rows), ("max", contract.most_rows)]
    if asked := [f"{key}: {count}" for key, count in rows if count is not None]:
        yield f"rows: {{{', '.join(asked)}}}"
    if contract.others:
        yield "others: true"
    if contract.index is not None:
        yield "index:"
        yield from _column(contract.index, "  ")
    yield "columns:" if contract.columns else "columns: {}"
    for name, column in contract.columns.items():
        yield f"  {scalar(name)}:"
        yield from _column(column, "    ")


def _column(column: Column, margin: str) -> Iterator[str]:
    if column.type is not None:
        yield f"{margin}type: {scalar(column.type)}"
    for key in ("nullable", "unique", "optional"):
        if getattr(column, key):
            yield f"{margin}{key}: true"
    for key in ("min", "max"):
        if getattr(column, key) is not None:
            yield f"{margin}{key}: {scalar(getattr(column, key))}"
    if column.values is not None:
        listed = ", ".join(scalar(value) for value in column.values)
        if len(listed) <= 80:
            yield f"{margin}values: [{listed}]"
        else:
            yield f"{margin}values:"
            yield from (f"{margin}  - {scalar(value)}" for value in column.values)


def scalar(value: object) -> str:
    """A value as YAML, so that it is read as what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
