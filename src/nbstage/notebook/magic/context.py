"""Problems of one cell's source, at the line of the cell they are about."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.model import Level, Place, Problem
from nbstage.notebook.magic.ipython import Traced
from nbstage.notebook.magic.outcome import Refusal
from nbstage.notebook.syntax import SyntaxFault


@dataclass(frozen=True, slots=True)
class Context:
    """The cell a text belongs to, and the names that exist when it runs."""

    path: str
    cell: int
    source: tuple[str, ...]
    known_names: frozenset[str]
    depth: int = 0


def faulty(fault: SyntaxFault, source: Traced, context: Context) -> Problem:
    """A fault in text that was made of the cell, shown where the cell has it."""
    number = source.lines[fault.line - 1]
    whole, part = context.source[number - 1], source.text.split("\n")[fault.line - 1]
    shift = whole.find(part)
    columns = (fault.column + shift, fault.end_column + shift) if shift >= 0 else (0, len(whole))
    place = Place(context.path, context.cell, number, *columns, _printable(whole))
    hint = "correct the cell until it runs in Jupyter, or tag it `skip`."
    return Problem("NBS110", f"syntax error: {fault.message}", place, hint)


def refused(refusal: Refusal, line: int, context: Context) -> Problem:
    message = f"{refusal.what} can't be kept in a pipeline"
    return Problem("NBS111", _printable(message), _place(line, context), refusal.hint)


def noted(message: str, line: int, context: Context) -> Problem:
    hint = "nothing to do if no other cell uses what it makes."
    return Problem("NBS112", message, _place(line, context), hint, Level.NOTE)


def installed(names: tuple[str, ...], line: int, context: Context) -> Problem:
    message = "an installation is left out of the pipeline"
    hint = f"add {', '.join(map(repr, names))} to the project's requirements."
    return Problem("NBS130", message, _place(line, context), _printable(hint), Level.NOTE)


def _place(line: int, context: Context) -> Place:
    source = context.source[line - 1]
    start = len(source) - len(source.lstrip())
    return Place(context.path, context.cell, line, start, len(source.rstrip()), _printable(source))


def _printable(text: str) -> str:
    """Keep the length, and whatever a terminal can't be given out of it."""
    return "".join(
        char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text
    )
