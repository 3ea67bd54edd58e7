"""Changes as one line each, and as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import assert_never

from nbstage.model import Action, Change, Retraced
from nbstage.report.paint import Paint, plain
from nbstage.report.plain import make_line, make_plain


def changes_as_text(changes: tuple[Change, ...], paint: Paint = plain) -> str:
    """Return one line per file: what happens to it, and its path."""
    return "\n".join(
        f"{paint(f'{change.action.value:<6}', _role(change.action))}  {make_line(change.path)}"
        for change in changes
    )


def retraced_as_lines(retraced: tuple[Retraced, ...]) -> list[str]:
    """Return a line for each notebook that was run before its conversion, or could not be."""
    return [make_line(_retraced(one)) for one in retraced]


def _retraced(one: Retraced) -> str:
    if one.failure:
        return (
            f"not traced {one.notebook}: {one.failure}. It was converted from its code alone; "
            f"`nbstage trace {one.notebook}` shows more"
        )
    which = "cell" if len(one.cells) == 1 else "cells"
    cells = ", ".join(map(str, one.cells))
    return f"traced {one.notebook}, for what the code of {which} {cells} leaves open"


def diffs_as_text(changes: tuple[Change, ...], paint: Paint = plain) -> str:
    """Return the unified diff of all changes, safe to print."""
    lines = [line for change in changes for line in _diff_lines(change)]
    return "\n".join(_painted(make_plain(line.expandtabs(4)), paint) for line in lines)


def diff(change: Change) -> str:
    """Return the unified diff of one change, to the letter: `git apply` takes it."""
    return "".join(line + "\n" for line in _diff_lines(change))


def _diff_lines(change: Change) -> Iterator[str]:
    before = "/dev/null" if change.action is Action.CREATE else f"a/{change.path}"
    after = "/dev/null" if change.action is Action.DELETE else f"b/{change.path}"
    # Only "\n" ends a line here: `splitlines` would also break at a form feed inside a string.
    old, new = _lines(change.before), _lines(change.after)
    for line in difflib.unified_diff(old, new, before, after, lineterm=""):
        text, newline, _ = line.partition("\n")
        yield text
        if not newline and line[:1] in "+- " and not line.startswith(("--- ", "+++ ")):
            yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


def _role(action: Action) -> str:
    match action:
        case Action.CREATE:
            return "added"
        case Action.UPDATE:
            return "changed"
        case Action.DELETE:
            return "removed"
        case _:
            assert_never(action)


def _painted(line: str, paint: Paint) -> str:
    if line.startswith(("--- ", "+++ ")):
        return paint(line, "name")
    match line[:1]:
        case "+":
            return paint(line, "added")
        case "-":
            return paint(line, "removed")
        case "@":
            return paint(line, "note")
        case _:
            return line
