"""Changes of a percent script, cell by cell, by its lines."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher

from nbstage.notebook.percent import read_percent, spans

_MAGIC = re.compile(r"\s*(?:[%!?]|\w+\s*=\s*[%!])")
_TAGS = re.compile(r"""(?<=\s)tags\s*=\s*(?:\[[^\]]*\]|"[^"]*"|'[^']*')""")
_JSON_TAGS = re.compile(r'"tags"\s*:\s*(?:\[[^\]]*\]|"[^"]*")')


def script_with_source(text: str, cell_number: int, source: str) -> str:
    """The script with another source in one cell; lines that stay keep what jupytext put before
    them.
    """
    lines = text.split("\n")
    _, start, end = spans(_unix(text))[cell_number - 1]
    held = read_percent(_unix(text), "")[0][cell_number - 1].source.split("\n")
    wanted = source.rstrip().split("\n") if source.strip() else []
    carriage = "\r" if lines[start - 1].endswith("\r") else ""
    body: list[str] = []
    for kind, first, last, from_, to in SequenceMatcher(None, held, wanted, False).get_opcodes():
        if kind == "equal":
            body += lines[start + first : start + last]
        else:
            body += [_written(line) + carriage for line in wanted[from_:to]]
    rest = start + len(held) if any(held) else start
    if body and rest == len(lines) and not lines[-1]:
        body.append("")
    return "\n".join([*lines[:start], *body, *lines[min(rest, end) :]])


def script_with_tags(text: str, cell_number: int, tags: tuple[str, ...]) -> str:
    """The script with these tags in the marker line of one cell, which gets one if it has none."""
    lines = text.split("\n")
    first, start, _ = spans(_unix(text))[cell_number - 1]
    value = json.dumps(list(tags), ensure_ascii=False)
    if first == start:
        return "\n".join([*lines[:first], f"# %% tags={value}", *lines[first:]])
    marker = lines[first].rstrip("\r")
    carriage = lines[first][len(marker) :]
    lines[first] = _tagged(marker, value) + carriage
    return "\n".join(lines)


def _tagged(marker: str, value: str) -> str:
    if _TAGS.search(marker):
        return _TAGS.sub(lambda _: f"tags={value}", marker, count=1)
    if _JSON_TAGS.search(marker):
        return _JSON_TAGS.sub(lambda _: f'"tags": {value}', marker, count=1)
    if re.search(r"\{\s*\}\s*$", marker):
        return re.sub(r"\{\s*\}\s*$", lambda _: f'{{"tags": {value}}}', marker)
    if (brace := marker.find('{"')) >= 0 and "=" not in marker[:brace]:
        return f'{marker[: brace + 1]}"tags": {value}, {marker[brace + 1 :]}'
    return f"{marker.rstrip()} tags={value}"


def _written(line: str) -> str:
    """A magic stands behind a `#`, as jupytext writes it."""
    return f"# {line}" if _MAGIC.match(line) else line


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
