"""Lines of text that know which line of which cell they were made from."""

from __future__ import annotations

from collections.abc import Iterable

from nbstage.model import Origin


class Line(str):
    """A line made from a cell's. Any other `str` is a line of nbstage's own."""

    __slots__ = ("origin",)
    origin: Origin

    def __new__(cls, text: str, origin: Origin) -> Line:
        """The text with where it comes from."""
        line = super().__new__(cls, text)
        line.origin = origin
        return line


def remade(line: str, text: str, depth: int = 0) -> str:
    """The text that has become of a line; it was moved in by `depth` columns."""
    if not isinstance(line, Line):
        return text
    origin = line.origin
    return Line(text, Origin(origin.cell, origin.line, origin.depth + depth) if depth else origin)


def origins_of(lines: Iterable[str]) -> tuple[Origin | None, ...]:
    """Where each line of the joined text comes from; None for what is nbstage's own."""
    return tuple(
        line.origin if isinstance(line, Line) else None
        for line in lines
        for _ in range(line.count("\n") + 1)
    )
