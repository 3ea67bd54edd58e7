"""Where our stages go in dvc.yaml: changed ones stay in place, new ones join their neighbours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import pairwise

from nbstage.convert.yaml.blocks import Edit, Entry, children, value_span, whole
from nbstage.convert.yaml.edit import edits, merged
from nbstage.convert.yaml.read import Document
from nbstage.convert.yaml.write import Style, entry_lines
from nbstage.model import PlannedStage

Stages = Mapping[str, object]


def stage_entries(document: Document) -> tuple[Entry, ...] | None:
    """The stages as ranges of lines; None if there is none, or not each on lines of its own."""
    stages = _stages_entry(document)
    return children(document, stages) if stages else None


def stage_edits(
    document: Document,
    current: Stages,
    wanted: Stages,
    gone: Collection[str],
    planned: tuple[PlannedStage, ...],
) -> list[Edit] | None:
    """The edits that put the wanted stages in and the gone ones out; None if lines won't do."""
    if not current:
        return _first_stages(document, wanted)
    entries = stage_entries(document)
    if not entries:
        return None
    style = _style(document, entries)
    left = [entry for entry in entries if entry.name not in gone]
    result = _removals(document, entries, gone) if left or wanted else []
    for entry in left:
        if entry.name in wanted:
            result += edits(document, entry, current[entry.name], wanted[entry.name], style)
    result += _insertions(document, entries, current, wanted, planned, style)
    if not left and not wanted:
        result += _no_stages(document, entries)
    return result


def _stages_entry(document: Document) -> Entry | None:
    root = whole(document)
    found = children(document, root) if root else None
    return next((entry for entry in found or () if entry.name == "stages"), None)


def _first_stages(document: Document, wanted: Stages) -> list[Edit] | None:
    """Stages for a file that has none: below its `stages:`, or at its end."""
    style = Style()
    end = len(document.lines)
    lines = [
        line
        for name, stage in wanted.items()
        for line in entry_lines(name, merged(None, stage), style.step, style)
    ]
    entry = _stages_entry(document)
    if entry is None:
        emptied = _without_braces(document, whole(document)) if document.data == {} else []
        return [*emptied, Edit(end, end, ("stages:", *lines))]
    return [*_without_braces(document, entry), Edit(entry.end, entry.end, tuple(lines))]


def _without_braces(document: Document, entry: Entry | None) -> list[Edit]:
    """`stages: {}  # why` becomes `stages:  # why`."""
    span = value_span(document, entry) if entry else None
    if span is None:
        return []
    line, start, end = span
    text = document.lines[line].rstrip("\r\n")
    rest = f"{text[:start].rstrip()} {text[end:].strip()}".rstrip()
    return [Edit(line, line + 1, (rest,) if rest else ())]


def _no_stages(document: Document, entries: tuple[Entry, ...]) -> list[Edit]:
    """DVC takes `stages: {}` for a file without stages, but not a bare `stages:`."""
    stages = _stages_entry(document)
    if stages is None:
        return []
    line = document.lines[stages.first].rstrip("\r\n")
    key, _, comment = line.partition(":")
    rest = [text.rstrip("\r\n") for text in document.lines[stages.first + 1 : entries[0].first]]
    head = Edit(stages.first, entries[0].first, (f"{key}: {{}}{comment}", *rest))
    return [head, *(Edit(entry.first, entry.end) for entry in entries)]


def _removals(document: Document, entries: tuple[Entry, ...], gone: Collection[str]) -> list[Edit]:
    return [
        Edit(entry.first, _end_with_blanks(document, entry))
        for entry in entries
        if entry.name in gone
    ]


def _end_with_blanks(document: Document, entry: Entry) -> int:
    """Where a removed stage ends: its blank lines go too where there are some before it already."""
    end = entry.end
    before = document.lines[entry.first - 1].strip()
    if not before or before.startswith("stages:"):
        while end < len(document.lines) and not document.lines[end].strip():
            end += 1
    return end


def _insertions(
    document: Document,
    entries: tuple[Entry, ...],
    current: Stages,
    wanted: Stages,
    planned: tuple[PlannedStage, ...],
    style: Style,
) -> list[Edit]:
    column = entries[0].column
    spaced = _are_spaced(document, entries)
    found = {entry.name: entry for entry in entries}
    result = []
    for index, stage in enumerate(planned):
        if stage.name in current:
            continue
        lines = tuple(entry_lines(stage.name, merged(None, wanted[stage.name]), column, style))
        before, after = _neighbours(planned, index, found)
        if before is None and after is not None:
            at = _above_comments(document, after.first)
            result.append(Edit(at, at, (*lines, "") if spaced else lines))
        else:
            at = (before or entries[-1]).end
            result.append(Edit(at, at, ("", *lines) if spaced else lines))
    return result


def _neighbours(
    planned: tuple[PlannedStage, ...], index: int, found: Mapping[str, Entry]
) -> tuple[Entry | None, Entry | None]:
    """The nearest stages of the same notebook that the file has, before and after a new one."""
    notebook = planned[index].notebook
    known = [found.get(stage.name) if stage.notebook == notebook else None for stage in planned]
    before = next((entry for entry in reversed(known[:index]) if entry), None)
    after = next((entry for entry in known[index + 1 :] if entry), None)
    return before, after


def _above_comments(document: Document, line: int) -> int:
    while line and document.lines[line - 1].lstrip().startswith("#"):
        line -= 1
    return line


def _are_spaced(document: Document, entries: tuple[Entry, ...]) -> bool:
    gaps = pairwise(entries)
    return any(
        not line.strip()
        for one, next_one in gaps
        for line in document.lines[one.end : next_one.first]
    )


def _style(document: Document, entries: tuple[Entry, ...]) -> Style:
    """How far the file indents keys and dashes, by its first stage that shows it."""
    style = Style()
    for entry in entries:
        parts = children(document, entry) or ()
        if parts:
            style = replace(style, step=parts[0].column - entry.column)
        for part in parts:
            items = children(document, part)
            if items and document.lines[items[0].first].lstrip().startswith("- "):
                return replace(style, dash=items[0].column - part.column)
    return style
