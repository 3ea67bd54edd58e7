"""Problems as text: the message, the place with a caret under it, and what to do."""

from __future__ import annotations

from nbstage.model import Level, Place, Problem
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import indent, make_line, make_plain, show_char, width

COLUMNS = 100
# Source farther than this from the caret is never looked at: a line may be a megabyte long.
_NEAR = 400


def in_order(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems as the notebook is read: by file, cell, line and column; each once."""
    return tuple(sorted(dict.fromkeys(problems), key=_reading_order))


def problems_as_text(problems: tuple[Problem, ...], paint: Paint = plain) -> str:
    """Return all problems, a blank line between two of them; "" if there is none."""
    return "\n\n".join(problem_as_text(problem, paint) for problem in in_order(problems))


def problem_as_text(problem: Problem, paint: Paint = plain) -> str:
    """Return one problem the way a compiler shows it."""
    level = problem.level.value
    head = paint(f"{level}[{make_line(problem.code)}]", level)
    lines = [f"{head} {indent(make_plain(problem.message.rstrip()), '  ')}"]
    lines += _place(problem.place, paint)
    if problem.hint:
        hint = indent(make_plain(problem.hint.rstrip()), "        ")
        lines.append(f"  {paint('hint:', 'hint')} {hint}")
    return "\n".join(lines)


def count_problems(problems: tuple[Problem, ...]) -> str:
    """Return "2 errors, 1 note"; "" if there is no problem."""
    found = in_order(problems)
    errors = sum(problem.level is Level.ERROR for problem in found)
    return ", ".join(
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((errors, "error"), (len(found) - errors, "note"))
        if count
    )


def has_errors(problems: tuple[Problem, ...]) -> bool:
    """Return whether any of the problems stops a conversion."""
    return any(problem.level is Level.ERROR for problem in problems)


def _reading_order(problem: Problem) -> tuple[str, int, int, int, str, str]:
    place = problem.place
    where = (place.path, place.cell or 0, place.line or 0, place.column)
    return (*where, problem.code, problem.message)


def _place(place: Place, paint: Paint) -> list[str]:
    if not place.path:
        return []
    where = make_line(place.path)
    if place.cell is not None:
        where += f", cell {place.cell}"
    if place.line is not None:
        where += f", line {place.line}"
    lines = [f"  {paint('-->', 'dim')} {where}"]
    return lines + _snippet(place, place.line, paint) if place.line is not None else lines


def _snippet(place: Place, number: int, paint: Paint) -> list[str]:
    source = place.source.rstrip("\r\n")
    if not source.strip():
        return []
    digits = max(2, len(str(number)))
    text, before, length = underline(
        source, place.column, place.end_column, COLUMNS - digits - len("   | ")
    )
    gutter = paint(f"  {number:>{digits}} |", "dim")
    empty = paint(f"  {'':>{digits}} |", "dim")
    return [f"{gutter} {text}", f"{empty} {' ' * before}{paint('^' * length, 'caret')}"]


def underline(source: str, column: int, end_column: int, columns: int) -> tuple[str, int, int]:
    """Return a line of source as shown, where on the screen the caret begins, and how long it is.

    A line wider than `columns` is cut around the caret.
    """
    start = min(max(column, 0), len(source))
    end = min(max(end_column, start), len(source))
    first = max(0, start - _NEAR)
    last = min(len(source), start + _NEAR)
    cells = _cells(source[first:last])
    start, end = start - first, min(end, last) - first
    low, high = _window(cells, start, end, columns, clipped=(first > 0, last < len(source)))
    head = "..." if first + low > 0 else ""
    tail = "..." if first + high < len(source) else ""
    before = len(head) + _total(cells[low:start])
    length = max(1, _total(cells[start : min(end, high)]))
    return (head + "".join(cells[low:high]) + tail).rstrip(), before, length


def _cells(source: str) -> list[str]:
    """One text for each character of the source: what the screen shows for it."""
    cells: list[str] = []
    column = 0
    for ch in source:
        cells.append(show_char(ch, column))
        column += width(cells[-1])
    return cells


def _window(
    cells: list[str], start: int, end: int, columns: int, *, clipped: tuple[bool, bool]
) -> tuple[int, int]:
    """Which of the cells to show so that they fit with the "..." and the caret is among them."""
    if not any(clipped) and _total(cells) <= columns:
        return 0, len(cells)
    room = columns - 2 * len("...")
    low = 0
    if clipped[0] or _total(cells[:end]) > room:
        lead = min(room // 2, max(room - _total(cells[start:end]), 0))
        low = start
        while low > 0 and _total(cells[low - 1 : start]) <= lead:
            low -= 1
    high, used = low, 0
    while high < len(cells) and used + width(cells[high]) <= room:
        used += width(cells[high])
        high += 1
    return low, high


def _total(cells: list[str]) -> int:
    return sum(width(cell) for cell in cells)
