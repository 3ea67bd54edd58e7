"""YAML text -> Document: its data as DVC reads it, and where each piece of it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from nbstage.model import Place, Problem

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: `lines` with their line ends (the last has one, too), its data and its nodes."""

    path: str
    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]
    newline: str
    data: object
    root: Node | None

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, from 0, of a character's index in the text after a byte order mark."""
        line = bisect_right(self.starts, index) - 1
        return line, index - self.starts[line]


def read(text: str, path: str) -> Document | Problem:
    """Read YAML as DVC does (1.2, one document, safe types only), or say where it is broken."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    newline = "\r\n" if "\r\n" in text.partition("\n")[0] + "\n" else "\n"
    body = text.removeprefix(BOM)
    lines = _lines(body, newline)
    try:
        data: object = YAML(typ="safe").load(body)
        root = YAML(typ="safe").compose(body)
    # A date such as 2020-13-45 is a ValueError, a text of a thousand brackets a RecursionError.
    except (YAMLError, ValueError, OverflowError, RecursionError) as error:
        return _broken(error, lines, path)
    starts = tuple(accumulate((len(line) for line in lines), initial=0))
    return Document(path, text, lines, starts, newline, data, root)


def same_newlines(text: str) -> str:
    """The text with `\\n` alone at the end of each line."""
    return text.replace("\r\n", "\n")


def place(document: Document, line: int) -> Place:
    """The place of a line, counted from 0, with the words on it underlined."""
    return _place(document.lines, document.path, line)


def outline(nodes: Iterable[Node]) -> list[object]:
    """All that the nodes say, in a flat list; equal for nodes that say the same.

    Unlike the data, it takes NaN for equal, and stays as short as the text where aliases multiply.
    """
    result: list[object] = []
    seen: dict[int, int] = {}
    waiting: list[object] = list[object](nodes)[::-1]
    while waiting:
        node = waiting.pop()
        parts = node if isinstance(node, tuple) else getattr(node, "value", None)
        if id(node) in seen:
            result.append(seen[id(node)])
        elif isinstance(parts, list | tuple):
            seen[id(node)] = len(seen)
            result.append((getattr(node, "tag", None), len(parts)))
            waiting += reversed(parts)
        else:
            result.append((getattr(node, "tag", None), parts))
    return result


def _lines(text: str, newline: str) -> tuple[str, ...]:
    """Split at line feeds only: `str.splitlines` also splits at characters within a value."""
    *ended, last = text.split("\n")
    lines = [line + "\n" for line in ended]
    return (*lines, last + newline) if last else tuple(lines)


def _broken(error: Exception, lines: tuple[str, ...], path: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if isinstance(error, RecursionError):
        reason = "it is nested too deeply"
    where = Place(path) if mark is None else _place(lines, path, mark.line)
    hint = f"repair {path} by hand, or take its last good version from git, then run again."
    if any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in lines):
        hint = f"{path} holds the marks of an unfinished merge: resolve it, then run again."
    return Problem(
        "NBS401", f"'{path}' is not readable as YAML: {_first_line(reason)}", where, hint
    )


def _first_line(reason: object) -> str:
    return (str(reason).splitlines() or [""])[0]


def _place(lines: tuple[str, ...], path: str, line: int) -> Place:
    source = lines[line].rstrip("\r\n") if line < len(lines) else ""
    column = len(source) - len(source.lstrip())
    return Place(path, None, line + 1, column, len(source.rstrip()), source)
