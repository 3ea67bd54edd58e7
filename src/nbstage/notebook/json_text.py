"""Where the parts of a JSON text stand, so that one can be replaced and all others keep their
bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPACE = re.compile(r"[ \t\n\r]*")
_ESCAPED = re.compile(r"\\u(?!00[0-7])[0-9a-fA-F]{4}")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Member:
    """A key of an object and where it stands: `at` its quote, `start` and `end` its value."""

    key: str
    at: int
    start: int
    end: int


def members(text: str, at: int) -> tuple[Member, ...]:
    """The members of the object that begins at `at`."""
    found: list[Member] = []
    position = _skip(text, at + 1)
    while text[position] == '"':
        key, end = _DECODER.raw_decode(text, position)
        start = _skip(text, _skip(text, end) + 1)
        _, end = _DECODER.raw_decode(text, start)
        found.append(Member(key, position, start, end))
        position = _after_comma(text, end)
    return tuple(found)


def member(text: str, at: int, key: str) -> Member | None:
    """The member with this key; of two alike the last, which is the one that JSON readers take."""
    return next((one for one in reversed(members(text, at)) if one.key == key), None)


def elements(text: str, at: int) -> tuple[tuple[int, int], ...]:
    """Start and end of each element of the array that begins at `at`."""
    found: list[tuple[int, int]] = []
    position = _skip(text, at + 1)
    while text[position] != "]":
        _, end = _DECODER.raw_decode(text, position)
        found.append((position, end))
        position = _after_comma(text, end)
    return tuple(found)


def space_before(text: str, at: int) -> str:
    """The white space before a part: it says how the file is indented."""
    return text[at - len(_trailing(text[:at])) : at]


def quoted(value: object, text: str) -> str:
    """A value as JSON, with characters beyond ASCII as the rest of the file has them."""
    return json.dumps(value, ensure_ascii=text.isascii() and bool(_ESCAPED.search(text)))


def array(items: list[str], outer: str, step: str) -> str:
    """An array of items that are JSON: one a line where the file has lines, which begin with
    `outer` there; `step` is how far they move in.
    """
    if not items:
        return "[]"
    if "\n" not in outer:
        return f"[{', '.join(items)}]"
    inner = outer + step
    return f"[{inner}{f',{inner}'.join(items)}{outer}]"


def indent_step(text: str, cell: int) -> str:
    """What a level of indentation adds, seen from a cell's object and its first key."""
    first = next(iter(members(text, cell)), None)
    if first is None:
        return ""
    outer, inner = space_before(text, cell), space_before(text, first.at)
    return inner.removeprefix(outer) if inner.startswith(outer) and "\n" in outer else ""


def starts(text: str) -> Iterator[int]:
    """Where each cell of the notebook begins: of nbformat 4, or of nbformat 3's worksheets."""
    top = _skip(text, 1 if text.startswith("\ufeff") else 0)
    sheets = member(text, top, "worksheets")
    if found := member(text, top, "cells"):
        yield from (start for start, _ in elements(text, found.start))
    elif sheets:
        for sheet, _ in elements(text, sheets.start):
            if found := member(text, sheet, "cells"):
                yield from (start for start, _ in elements(text, found.start))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _trailing(text: str) -> str:
    return text[len(text.rstrip(" \t\n\r")) :]


def _after_comma(text: str, end: int) -> int:
    position = _skip(text, end)
    return _skip(text, position + 1) if text[position] == "," else position
