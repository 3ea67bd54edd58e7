"""Whether text is a cell's worth of Python, and where it is not."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_TOO_DEEP = "the code is nested too deeply"
# Whatever walks the tree recursively later has Python's recursion limit of 1000 frames.
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """What is wrong, at which line (from 1) and columns (characters, from 0) of the text."""

    message: str
    line: int
    column: int = 0
    end_column: int = 0


def find_fault(text: str) -> SyntaxFault | None:
    """Compile the text as Jupyter does, top-level `await` allowed; None where that works."""
    if fault := find_unreadable(text):
        return fault
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # `ast.parse` alone lets `return` outside a function pass.
            compile(text, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        too_deep = len(text) > _DEEPEST and _is_too_deep(parse(text))
    except SyntaxError as error:
        return _located(error, text)
    except (RecursionError, MemoryError):
        too_deep = True
    return _too_deep(text) if too_deep else None


def find_unreadable(text: str) -> SyntaxFault | None:
    """Find a character that no Python version reads; they differ in what they raise."""
    found = _UNREADABLE.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1)
    what = "a null character" if found[0] == "\0" else "half of a character (a lone surrogate)"
    return SyntaxFault(what, line, column, column + 1)


def parse(text: str) -> ast.Module:
    """Parse text that `find_fault` found no fault in."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _located(error: SyntaxError, text: str) -> SyntaxFault:
    """Bring the error's place into the text: it may be unknown, or beyond the last line."""
    lines = text.split("\n")
    number = min(max(error.lineno or 1, 1), len(lines))
    line = lines[number - 1]
    column = min(max((error.offset or 1) - 1, 0), len(line))
    same_line = error.end_lineno == error.lineno and error.end_offset is not None
    end = error.end_offset - 1 if same_line and error.end_offset is not None else len(line)
    end = min(max(end, column + 1), max(len(line), column + 1))
    return SyntaxFault(error.msg, number, column, end)


def _is_too_deep(tree: ast.Module) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _too_deep(text: str) -> SyntaxFault:
    return SyntaxFault(_TOO_DEEP, 1, 0, len(text.split("\n", 1)[0]))
