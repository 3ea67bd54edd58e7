"""Markdown headings -> names of stages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from nbstage.model import CellKind, Notebook
from nbstage.notebook.stage_name import proposed_name

_LEVELS = 3
_MOST_WORDS = 3
_LONGEST_NAME = 32
_HASHES = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_HTML = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE)
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<[^>]*>|\$[^$]*\$")
_NUMBER = re.compile(
    r"^(?:(?:step|part|section|chapter|task)\s+)?(?:\d+|[ivx]+(?=[.:)]))(?:\.\d+)*[.:)]*(?:\s|$)",
    re.IGNORECASE,
)
# Words that say nothing of what a stage does, each between blanks.
_SMALL = """
 a an and are as at be but by do does for from how i in into is it its let lets let's me my of
 off on one onto or our out so some such than that the their them then there these they this those
 to up us using via was we what where which who why will with you your
""".replace("\n", " ")


def section_titles(notebook: Notebook) -> dict[int, str]:
    """For each code cell its section's heading, of level 1 to 3; "" for none.

    A heading of level 1 that stands alone on top of others is the notebook's title, and no section.
    """
    sections: dict[int, str] = {}
    found: list[tuple[int, str]] = []
    title = ""
    for cell in notebook.cells:
        if cell.kind is CellKind.MARKDOWN:
            here = [one for one in headings(cell.source) if one[0] <= _LEVELS]
            found += here
            title = here[-1][1] if here else title
        elif cell.kind is CellKind.CODE:
            sections[cell.number] = title
    tops = [text for level, text in found if level == found[0][0]] if found else []
    is_title = bool(found) and len(tops) == 1 and found[0][0] <= min(level for level, _ in found)
    if is_title and (found[0][0] == 1 or len(found) > 1):
        return {cell: "" if text == found[0][1] else text for cell, text in sections.items()}
    return sections


def headings(source: str) -> tuple[tuple[int, str], ...]:
    """The headings of a markdown cell, each with its level."""
    found: list[tuple[int, str]] = []
    fence, before = "", ""
    for line in source.split("\n"):
        mark = _FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence, before = ("" if fence else mark[1]), ""
            continue
        if fence:
            continue
        if hashes := _HASHES.match(line):
            found.append((len(hashes[1]), (hashes[2] or "").strip()))
        elif html := _HTML.match(line):
            found.append((int(html[1]), html[2].strip()))
        elif before and (under := _UNDERLINE.match(line)):
            found.append((1 if under[1][0] == "=" else 2, before))
            line = ""
        before = line.strip()
    return tuple((level, text) for level, text in found if text)


def name_from(heading: str) -> str:
    """A stage's name from the first words of a heading that say something; "" if none do."""
    text = _LINK.sub(lambda link: link[1] or " ", heading)
    text = unicodedata.normalize("NFC", _NUMBER.sub("", text.strip(" *_#`\"'")))
    first, _, rest = re.sub(r"[:;,(?!\u2013\u2014]| - ", "\n", text).strip("\n").partition("\n")
    text = first if _telling(first) else f"{first} {rest}"
    telling = _telling(text) or _words(text)
    name = ""
    for word in telling[:_MOST_WORDS]:
        longer = proposed_name(f"{name}_{word}" if name else word).lower()
        if not longer or len(longer) > _LONGEST_NAME:
            break
        name = longer
    return name


def _telling(text: str) -> list[str]:
    return [word for word in _words(text) if f" {word} " not in _SMALL]


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)?", text.lower())


def unique(name: str, taken: Iterable[str], prefix: str = "") -> str:
    """The name, or one made of it that is not among those taken, whatever their case."""
    lower = {one.lower() for one in taken}
    if name.lower() not in lower:
        return name
    if prefix and f"{prefix}_{name}".lower() not in lower:
        return f"{prefix}_{name}"
    number = 2
    while f"{name}_{number}".lower() in lower:
        number += 1
    return f"{name}_{number}"
