"""Bring an entry of a YAML file in step with what is wanted, by the smallest change of its lines.

What is wanted is text, a list, a mapping, or None for "must not be there". A list's items go by
their names (`- x.csv` and `- x.csv: {persist: true}` are both 'x.csv'): an item that is there stays
as it is, with its options, in its place. Keys that a mapping does not speak of are the user's.
"""

from __future__ import annotations

from collections.abc import Mapping

from nbstage.convert.yaml.blocks import Edit, Entry, children, value_span
from nbstage.convert.yaml.read import Document
from nbstage.convert.yaml.write import Style, entry_lines, inline, item_lines


def in_step(current: object, wanted: object) -> bool:
    """Whether a value, as read, already says what is wanted."""
    match wanted:
        case Mapping():
            held = current if isinstance(current, Mapping) else {}
            return isinstance(current, Mapping) and all(
                in_step(held.get(key), value) for key, value in wanted.items()
            )
        case list():
            return isinstance(current, list) and sorted(map(name_of, current)) == sorted(
                map(name_of, wanted)
            )
        case _:
            return current == wanted


def merged(current: object, wanted: object) -> object:
    """The value as it is to be: the user's keys and options kept, all else as wanted."""
    match wanted:
        case Mapping():
            held = dict(current) if isinstance(current, Mapping) else {}
            ours = {key: merged(held.get(key), value) for key, value in wanted.items()}
            return {
                key: value for key, value in (ours | _rest(held, ours)).items() if value is not None
            }
        case list():
            known = {name_of(item): item for item in current} if isinstance(current, list) else {}
            return [known.get(name_of(item), item) for item in wanted]
        case _:
            return wanted


def edits(
    document: Document, entry: Entry, current: object, wanted: object, style: Style
) -> list[Edit]:
    """The changes of lines that bring an entry of a block mapping in step."""
    if wanted is None:
        return [Edit(entry.first, entry.end)]
    if in_step(current, wanted):
        return []
    parts = children(document, entry)
    if isinstance(wanted, Mapping) and isinstance(current, Mapping) and parts:
        return _mapping_edits(document, parts, current, wanted, style)
    if isinstance(wanted, list) and isinstance(current, list) and parts:
        return _list_edits(parts, wanted, style)
    span = value_span(document, entry)
    if isinstance(wanted, str) and span:
        line, start, end = span
        text = document.lines[line].rstrip("\r\n")
        return [Edit(line, line + 1, (text[:start] + inline(wanted) + text[end:],))]
    value = merged(current, wanted)
    return [
        Edit(entry.first, entry.end, tuple(entry_lines(entry.name, value, entry.column, style)))
    ]


def name_of(item: object) -> str:
    """What a list's item is called: its text, or the one key of its mapping."""
    return str(next(iter(item), "")) if isinstance(item, Mapping) else str(item)


def _rest(held: Mapping[object, object], ours: Mapping[object, object]) -> dict[object, object]:
    return {key: value for key, value in held.items() if key not in ours}


def _mapping_edits(
    document: Document,
    parts: tuple[Entry, ...],
    current: Mapping[object, object],
    wanted: Mapping[object, object],
    style: Style,
) -> list[Edit]:
    found = {part.name: part for part in parts}
    result: list[Edit] = []
    at = parts[0].first
    for key, value in wanted.items():
        part = found.get(str(key))
        if part is not None:
            result += edits(document, part, current.get(key), value, style)
            at = part.end
        elif value is not None:
            lines = entry_lines(str(key), merged(None, value), parts[0].column, style)
            result.append(Edit(at, at, tuple(lines)))
    return result


def _list_edits(parts: tuple[Entry, ...], wanted: list[object], style: Style) -> list[Edit]:
    names = [name_of(item) for item in wanted]
    found: dict[str, Entry] = {}
    result: list[Edit] = []
    for part in parts:
        if part.name in names and part.name not in found:
            found[part.name] = part
        else:
            result.append(Edit(part.first, part.end))
    at = parts[0].first
    for name, item in zip(names, wanted, strict=True):
        if name in found:
            at = found[name].end
        else:
            result.append(Edit(at, at, tuple(item_lines(item, parts[0].column, style))))
    return result
