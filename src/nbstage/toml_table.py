"""Values of a TOML file read with care: what could be read, and a sentence for what could not."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TypeVar

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Table:
    """A value from the file and its full name there."""

    name: str
    value: object


def entry(table: Table, values: dict[str, object], key: str, default: object) -> Table:
    """The value of a key, or its default."""
    return Table(f"{table.name}.{key}", values.get(key, default))


def take(result: tuple[_Read, list[str]], faults: list[str]) -> _Read:
    """What a reader could read; what it could not is added to the faults."""
    value, found = result
    faults += found
    return value


def entries(table: Table, known: tuple[str, ...] = ()) -> tuple[dict[str, object], list[str]]:
    """The keys and values of a table. Keys other than those `known`, if any are, are faults."""
    if not isinstance(table.value, dict):
        return {}, [f"{table.name} must be a table, not {kind(table.value)}"]
    values: dict[str, object] = table.value
    return values, [unknown(table.name, key, known) for key in values if known and key not in known]


def texts(table: Table) -> tuple[tuple[str, ...], list[str]]:
    """A list of texts, none of them empty."""
    if not isinstance(table.value, list):
        return (), [f"{table.name} must be a list of texts, not {kind(table.value)}"]
    wrong = [value for value in table.value if not isinstance(value, str) or not value]
    if wrong:
        kinds = ", ".join(dict.fromkeys(kind(value) for value in wrong))
        return (), [f"{table.name} must be a list of texts; it has {kinds} in it"]
    return tuple(table.value), []


def text(table: Table) -> tuple[str, list[str]]:
    """A text that is not empty; "" where none is given (None)."""
    if table.value is None:
        return "", []
    if not isinstance(table.value, str) or not table.value:
        return "", [f"{table.name} must be a text, not {kind(table.value)}"]
    return table.value, []


def truth(table: Table) -> tuple[bool, list[str]]:
    """True or false."""
    if not isinstance(table.value, bool):
        return False, [f"{table.name} must be true or false, not {kind(table.value)}"]
    return table.value, []


def number(table: Table) -> tuple[float | None, list[str]]:
    """A finite number; None where none is given."""
    value = table.value
    if value is None:
        return None, []
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, [f"{table.name} must be a number, not {kind(value)}"]
    if not abs(value) < float("inf"):
        return None, [f"{table.name} must be a finite number, not {value}"]
    return float(value), []


def one_of(table: Table, known: tuple[str, ...]) -> tuple[str, list[str]]:
    """One of the texts in `known`; the first of them in place of anything else."""
    if isinstance(table.value, str) and table.value in known:
        return table.value, []
    listed = f"{', '.join(repr(word) for word in known[:-1])} or {known[-1]!r}"
    said = f"'{table.value}'" if isinstance(table.value, str) else kind(table.value)
    return known[0], [f"{table.name} must be {listed}, not {said}"]


def leaves_root(path: str) -> bool:
    """Whether a path leads out of the project."""
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor != ""
    return absolute or ".." in PurePosixPath(path).parts


def unknown(place: str, key: str, known: tuple[str, ...]) -> str:
    """A key that isn't known, with the one that may be meant."""
    return f"{place} has no key '{key}'{near(key, known)}"


def near(word: str, known: tuple[str, ...]) -> str:
    """A question after the word that may be meant; "" if there is none like it."""
    found = difflib.get_close_matches(word.lower(), known, n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


def kind(value: object) -> str:
    """What a TOML value is, in its words."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case "":
            return "an empty text"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"
