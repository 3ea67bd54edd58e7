"""YAML of plain data, as DVC's own writer gives it, without the writer.

DVC writes YAML by ruamel.yaml, which takes a third of all that DVC does for a stage. An entry of
dvc.lock is paths, hashes, sizes and parameters: for those there is one way to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Letters that mean nothing to YAML, wherever they stand.
_WORD = re.compile(r"[A-Za-z_/][\w./=+-]*(?: [\w./=+-]+)*", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
#: A hash that would be read as a number.
_NUMBER = re.compile(r"[0-9]+(?:e[0-9]+)?")
#: Words that are read as something else.
_OTHERS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "_"}
#: Longer lines are folded.
_LONGEST = 76


class NotPlain(Exception):
    """Data that may be written in another way."""


def plain_yaml(data: object) -> str | None:
    """The text of a mapping; None where DVC's writer has to be asked."""
    try:
        lines = list(_mapping(data, "", set()))
    except NotPlain:
        return None
    return "".join(f"{line}\n" for line in lines) if lines else None


def _mapping(data: object, indent: str, seen: set[int]) -> Iterator[str]:
    _check(data, seen)
    if not isinstance(data, dict) or not data:
        raise NotPlain
    for key, value in data.items():
        if not isinstance(key, str):
            raise NotPlain
        yield from _entry(_short(f"{indent}{_scalar(key)}:"), value, indent, seen)


def _entry(head: str, value: object, indent: str, seen: set[int]) -> Iterator[str]:
    """A key and its value; a list's items stand right below the key."""
    if isinstance(value, dict):
        yield head
        yield from _mapping(value, f"{indent}  ", seen)
    elif isinstance(value, list):
        yield head
        yield from _items(value, indent, seen)
    else:
        yield _short(f"{head} {_scalar(value)}")


def _items(values: list[object], indent: str, seen: set[int]) -> Iterator[str]:
    _check(values, seen)
    if not values:
        raise NotPlain
    for value in values:
        if isinstance(value, dict):
            first, *rest = _mapping(value, f"{indent}  ", seen)
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        else:
            yield _short(f"{indent}- {_scalar(value)}")


def _check(data: object, seen: set[int]) -> None:
    """What comes a second time would be written as a reference to the first."""
    if id(data) in seen:
        raise NotPlain
    seen.add(id(data))


def _scalar(value: object) -> str:
    if type(value) is int:
        return str(value)
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is not str:
        raise NotPlain
    if _HASH.fullmatch(value) and not _NUMBER.fullmatch(value):
        return value
    if _WORD.fullmatch(value) and value.lower() not in _OTHERS:
        return value
    raise NotPlain


def _short(line: str) -> str:
    if len(line) > _LONGEST:
        raise NotPlain
    return line
