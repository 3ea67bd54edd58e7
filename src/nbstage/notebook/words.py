"""The words of a cell: its tags and the `#|` lines at its top, nbstage's and Kale's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nbstage.model import Cell, Place

Kind = Literal[
    "stage",
    "same stage",
    "after",
    "imports",
    "functions",
    "parameters",
    "check",
    "skip",
    "metrics",
    "printed metrics",
    "plots",
    "predict",
    "executor",
    "resource",
]

_BARE: dict[str, Kind] = {
    "imports": "imports",
    "functions": "functions",
    "parameters": "parameters",
    "check": "check",
    "skip": "skip",
    "metrics": "metrics",
    "plots": "plots",
    "predict": "predict",
    "pipeline-parameters": "parameters",
    "pipeline-metrics": "printed metrics",
}
_WITH_VALUE: dict[str, Kind] = {
    "stage": "stage",
    "step": "stage",
    "block": "stage",
    "after": "after",
    "prev": "after",
    "executor": "executor",
    "resource": "resource",
    "limit": "resource",
    "label": "resource",
    "annotation": "resource",
}
# Quarto's options; Kale has no comment lines.
_NOT_IN_COMMENTS = frozenset({"label", "annotation"})
_LISTS = frozenset({"stage", "after", "tags"})

_OPTION = re.compile(r"\s*#\|\s*(.*?)\s*$")
_LIST_ITEM = re.compile(r"-\s+(.*)$")
_NEAR_STAGE = re.compile(r"(?:stages?|steps?)\s*(?:[:=\s]|-(?!-))\s*\S|(?:stages?)$", re.IGNORECASE)
_NEAR_BARE = re.compile(
    r"(?:imports?|functions?|param(?:eter)?s?|checks?|skip(?:ped)?|metrics?|plots?"
    r"|predict(?:ions?)?)$",
    re.IGNORECASE,
)
_NEAR_VALUE = re.compile(r"(?:after|resources?|executors?)\s*[:=]\s*\S", re.IGNORECASE)
_KALE_NOTEBOOK = re.compile(r"notebook:\w+$")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: what the user wrote, and whether in a `#|` line or in a tag."""

    kind: Kind
    value: str
    text: str
    in_comment: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something that is not a word, but looks like one."""

    text: str
    place: Place


def find_words(cell: Cell, path: str) -> tuple[Word | Stranger, ...]:
    """Give all words of the cell: those in tags, then those in comments, each in their order."""
    return (*_in_tags(cell, path), *_in_comments(cell, path))


def tag_lines(text: str) -> frozenset[int]:
    """Give the lines (from 1) at the top of a cell's text that hold words of ours."""
    cell_words = _in_comments_of(text)
    return frozenset(line for line, _, words, _ in cell_words if words)


def _in_tags(cell: Cell, path: str) -> Iterator[Word | Stranger]:
    place = Place(path, cell.number)
    for tag in cell.tags:
        words = tuple(_words(tag.strip()))
        for kind, value in words:
            yield Word(kind, value, tag.strip(), in_comment=False, place=place)
        if not words and _is_near(tag.strip()):
            yield Stranger(tag.strip(), place)


def _in_comments(cell: Cell, path: str) -> Iterator[Word | Stranger]:
    lines = cell.source.split("\n")
    for number, text, words, is_option in _in_comments_of(cell.source):
        line = lines[number - 1]
        start = line.find(text)
        place = Place(path, cell.number, number, start, start + len(text), line)
        for kind, value in words:
            yield Word(kind, value, text, in_comment=True, place=place)
        if not words and is_option and _is_near(text):
            yield Stranger(text, place)


def _in_comments_of(source: str) -> Iterator[tuple[int, str, tuple[tuple[Kind, str], ...], bool]]:
    """Give number, text and words of each `#|` line, and whether it was to be a word."""
    under_tags = False
    for number, line in enumerate(source.split("\n"), start=1):
        found = _OPTION.match(line)
        if found is None:
            if line.strip() and not line.lstrip().startswith(("#", "%%")):
                return
            continue
        text = re.sub(r"\s+#\s.*$", "", found[1])
        item = _LIST_ITEM.match(text)
        if item and under_tags:
            yield number, text, tuple(_words(_unquoted(item[1]))), True
            continue
        under_tags = re.fullmatch(r"tags\s*:", text) is not None
        yield number, text, tuple(_option(text)), not text.startswith("tags")


def _option(text: str) -> Iterator[tuple[Kind, str]]:
    """Read `stage: train`, `after: [load, clean]`, `tags: [stage:train]` or `parameters`."""
    name, colon, rest = (part.strip() for part in text.partition(":"))
    if name in _NOT_IN_COMMENTS or rest.lower() in ("false", "no"):
        return
    if name in _BARE and (not colon or rest.lower() in ("", "true", "yes")):
        yield _BARE[name], ""
        return
    listed = rest[1:-1].split(",") if rest.startswith("[") and rest.endswith("]") else None
    values = listed if listed is not None else rest.split(",") if name in _LISTS else [rest]
    for value in values:
        if name == "tags":
            yield from _words(_unquoted(value))
        elif colon:
            yield from _words(f"{name}:{_unquoted(value)}")


def _words(text: str) -> Iterator[tuple[Kind, str]]:
    """Read one tag; a tag of another tool gives nothing."""
    if text in _BARE:
        yield _BARE[text], ""
        return
    name, colon, rest = text.partition(":")
    if not colon or name not in _WITH_VALUE:
        return
    rest = rest.strip()
    match name:
        case "step" | "block" if not rest:
            # Kale's editor leaves an empty name for "the same step as before".
            yield "same stage", ""
        case "limit":
            key, _, value = rest.partition(":")
            yield "resource", f"{key.rpartition('/')[2]}={value}"
        case "label" | "annotation":
            key, _, value = rest.partition(":")
            yield "resource", f"{name}:{key}={value}"
        case "block" | "prev":
            for part in rest.split(";"):
                yield _WITH_VALUE[name], part.strip()
        case _:
            yield _WITH_VALUE[name], rest


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _is_near(text: str) -> bool:
    return any(
        pattern.match(text) for pattern in (_NEAR_STAGE, _NEAR_BARE, _NEAR_VALUE, _KALE_NOTEBOOK)
    )
