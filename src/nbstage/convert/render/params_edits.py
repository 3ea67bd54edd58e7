"""Keys that params.yaml is to have -> edits of its lines: added, or moved with all that is written
there.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from nbstage.convert.sections import held_in, in_section, key_of, section_of
from nbstage.convert.yaml.blocks import Edit, Entry, children, value_span, whole
from nbstage.convert.yaml.read import Document
from nbstage.convert.yaml.write import Style, entry_lines, scalar
from nbstage.model import Parameter

_STYLE = Style(short_lists=True)
_INDENT = 2


@dataclass(frozen=True, slots=True)
class Moves:
    """For new keys the keys that hold their values now; those that are `kept` stay as well."""

    sources: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    @property
    def gone(self) -> frozenset[str]:
        """The keys that are no more."""
        return frozenset(key for key in self.sources.values() if not self._is_kept(key))

    def _is_kept(self, key: str) -> bool:
        """Whether the key is kept, or something in it, or what it is in."""
        around = [f"{one}." for one in self.kept]
        return any(one.startswith(f"{key}.") or f"{key}.".startswith(one) for one in around)


NO_MOVES = Moves()


def expected(
    held: Mapping[object, object], new: tuple[Parameter, ...], moves: Moves
) -> dict[object, object]:
    """What the file is to say."""
    result: dict[object, object] = deepcopy(dict(held))
    named = {key: value for key, value in held.items() if isinstance(key, str)}
    values = [(one, _value(named, one, moves)) for one in new]
    for key in moves.gone:
        section, name = section_of(key), key.rpartition(".")[2]
        inside = result.get(section) if section else result
        if isinstance(inside, dict):
            del inside[name]
            if section and not inside:
                del result[section]
    for one, value in values:
        if one.section and not isinstance(result.get(one.section), dict):
            result[one.section] = {}
        inside = result[one.section] if one.section else result
        if isinstance(inside, dict):
            inside[one.name] = value
    return result


def edits_of(document: Document, new: tuple[Parameter, ...], moves: Moves) -> list[Edit] | None:
    """The edits that bring the keys in; None where the file is not written line by line."""
    entries = _entries(document)
    if entries is None and (moves.sources or any(one.section for one in new)):
        return None
    found = entries or {}
    sections = dict.fromkeys(one.section for one in new)
    edits = _removals(document, found, moves)
    for section in sections:
        here = [one for one in new if one.section == section]
        edits += _additions(document, found, section, here, moves)
    return edits


def _entries(document: Document) -> dict[str, Entry] | None:
    """The entries of the file by their keys, those of its sections by `section.name`."""
    top = whole(document)
    if top is None or document.data in (None, {}):
        return {}
    parts = children(document, top)
    if parts is None:
        return None
    found = {part.name: part for part in parts}
    for part in parts:
        inner = children(document, part) or ()
        found |= {in_section(part.name, one.name): one for one in inner}
    return found


def _removals(document: Document, found: Mapping[str, Entry], moves: Moves) -> list[Edit]:
    """A section that nothing is left in goes as well."""
    gone = moves.gone & found.keys()
    edits = []
    for section in sorted({section_of(key) for key in gone} - {""}):
        inside = {key for key in found if section_of(key) == section}
        if inside <= gone:
            gone = (gone - inside) | {section}
    for key in sorted(gone):
        entry = found[key]
        edits.append(Edit(_start(document, entry), entry.end))
    return edits


def _start(document: Document, entry: Entry) -> int:
    """Where an entry begins with the comments right above it."""
    first = entry.first
    pad = " " * entry.column
    while first and document.lines[first - 1].startswith(f"{pad}#"):
        first -= 1
    return first


def _additions(
    document: Document,
    found: Mapping[str, Entry],
    section: str,
    new: list[Parameter],
    moves: Moves,
) -> list[Edit]:
    end = len(document.lines)
    if not section:
        lines = [line for one in new for line in _lines(document, found, one, 0, moves)]
        return [*_emptied(document), Edit(end, end, tuple(lines))]
    inner = [entry for key, entry in found.items() if section_of(key) == section]
    column = inner[0].column if inner else _INDENT
    lines = [line for one in new for line in _lines(document, found, one, column, moves)]
    if inner:
        last = inner[-1].end
        return [Edit(last, last, tuple(lines))]
    head = f"{scalar(section)}:"
    if section in found:
        return [Edit(found[section].first, found[section].end, (head, *lines))]
    return [*_emptied(document), Edit(end, end, (head, *lines))]


def _emptied(document: Document) -> list[Edit]:
    """`{}` as the whole of the file makes room."""
    root = whole(document) if document.data == {} else None
    braces = value_span(document, root) if root else None
    return [Edit(braces[0], braces[0] + 1)] if braces else []


def _lines(
    document: Document, found: Mapping[str, Entry], one: Parameter, column: int, moves: Moves
) -> list[str]:
    """The lines of a new key; those it had elsewhere, if it moves from there."""
    source = moves.sources.get(key_of(one))
    if source in found and source in moves.gone:
        entry = found[source]
        texts = document.lines[_start(document, entry) : entry.end]
        lines = [text.rstrip("\r\n") for text in texts]
        return [_shifted(line, column - entry.column) for line in lines]
    comments = [line for text in one.comment for line in text.splitlines() or [""]]
    pad = " " * column
    held = document.data if isinstance(document.data, dict) else {}
    value = _value(held, one, moves)
    return [
        *(f"{pad}{_comment(line)}" for line in comments),
        *entry_lines(one.name, value, column, _STYLE),
    ]


def _shifted(line: str, by: int) -> str:
    if not line.strip():
        return line
    return f"{' ' * by}{line}" if by > 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]


def _value(held: Mapping[str, object], one: Parameter, moves: Moves) -> object:
    source = moves.sources.get(key_of(one))
    if source is None:
        return one.value
    return held_in(held, section_of(source))[source.rpartition(".")[2]]


def _comment(line: str) -> str:
    text = "".join(
        char if char.isprintable() or char == "\t" else "\ufffd" for char in line
    ).strip()
    return text if text.startswith("#") else f"# {text}".rstrip()
