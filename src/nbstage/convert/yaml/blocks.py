"""The entries of a block mapping or list as ranges of lines, and edits of a text by such ranges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbstage.convert.yaml.read import BOM, Document

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

_KEY = re.compile(r" *")
_ITEM = re.compile(r"( *)- +")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` or `- item`: its own lines [first, end), its column, its value's node.

    Blank lines after it, and comments that stand no deeper than it, are not its own.
    """

    name: str
    first: int
    end: int
    column: int
    node: Node


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `lines` (without line ends) in the place of the lines [first, end)."""

    first: int
    end: int
    lines: tuple[str, ...] = ()


def whole(document: Document) -> Entry | None:
    """The whole document as one entry; None where it holds nothing."""
    if document.root is None:
        return None
    first, _ = document.position(document.root.start_mark.index)
    end, column = document.position(document.root.end_mark.index)
    return Entry("", first, end + (column > 0), -1, document.root)


def children(document: Document, parent: Entry) -> tuple[Entry, ...] | None:
    """The entries of a mapping or list; None unless each begins a line inside the parent.

    None so covers `{a: 1}` and `[a]`, aliases (their nodes stand elsewhere) and `? key`.
    """
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    node = parent.node
    if getattr(node, "flow_style", None) is not False:
        return None
    if isinstance(node, MappingNode):
        keyed = [(str(key.value), key, value) for key, value in node.value]
        return _entries(document, parent, keyed, _KEY)
    if isinstance(node, SequenceNode):
        return _entries(
            document, parent, [(_item_name(item), item, item) for item in node.value], _ITEM
        )
    return None


def value_span(document: Document, entry: Entry) -> tuple[int, int, int] | None:
    """Line, start and end column of a value that stands on its key's line; else None."""
    line, start = document.position(entry.node.start_mark.index)
    end_line, end = document.position(entry.node.end_mark.index)
    on_one_line = entry.first == line == end_line and end > start
    written_as_block = getattr(entry.node, "style", None) in ("|", ">")
    return (line, start, end) if on_one_line and not written_as_block else None


def splice(document: Document, edits: Iterable[Edit]) -> str:
    """The text with all edits made; insertions at one line come in the order given."""
    lines = list(document.lines)
    # From the bottom up, so that line numbers stay true; insertions come before a line's own edit.
    ordered = sorted(edits, key=lambda edit: (edit.first, edit.end > edit.first))
    for edit in reversed(ordered):
        lines[edit.first : edit.end] = [line + document.newline for line in edit.lines]
    text = "".join(lines)
    last = document.lines[-1] if document.lines else ""
    if not document.text.endswith("\n") and last and lines and lines[-1] is last:
        text = text.removesuffix(document.newline)
    return BOM + text if document.text.startswith(BOM) else text


def _entries(
    document: Document,
    parent: Entry,
    nodes: Sequence[tuple[str, Node, Node]],
    prefix: re.Pattern[str],
) -> tuple[Entry, ...] | None:
    starts = [document.position(start.start_mark.index) for _, start, _ in nodes]
    before = [
        document.lines[line][:column] for line, column in starts if line < len(document.lines)
    ]
    columns = {len(text) - len(text.lstrip(" ")) for text in before}
    first_lines = [line for line, _ in starts]
    orderly = first_lines == sorted(set(first_lines)) and len(columns) == 1
    inside = all(parent.first <= line < parent.end for line in first_lines)
    if not (orderly and inside and all(prefix.fullmatch(text) for text in before)):
        return None
    (column,) = columns
    ends = [*first_lines[1:], parent.end]
    return tuple(
        Entry(name, first, _own_end(document, first, end, column), column, value)
        for (name, _, value), first, end in zip(nodes, first_lines, ends, strict=True)
    )


def _own_end(document: Document, first: int, end: int, column: int) -> int:
    while end > first + 1 and _stands_apart(document.lines[end - 1], column):
        end -= 1
    return end


def _stands_apart(line: str, column: int) -> bool:
    text = line.strip()
    return not text or (text.startswith("#") and len(line) - len(line.lstrip(" ")) <= column)


def _item_name(node: Node) -> str:
    """The path of a list's item, be it `- path` or `- path: {options}`."""
    value = node.value
    if isinstance(value, str):
        return value
    return str(value[0][0].value) if value and isinstance(value[0], tuple) else ""
