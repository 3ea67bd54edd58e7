"""A project's texts in Markdown: what is in them stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nbstage.report.plain import clip, make_line

LONGEST = 160
_NOTHING = "\u200b"  # takes no room, and keeps GitHub from reading a mention or a reference
# What begins something in Markdown: anywhere, as a list or heading at a line's start, or a link.
_SIGNS = re.compile(
    r"""[\\`*_\[\]<>|~&$!#@]|^[-+=]|(?<=^\d)[.)]|:(?=//)|(?<=www)\.""", re.IGNORECASE
)


def code(text: str, longest: int = LONGEST) -> str:
    """A text as code, in a table too: no Markdown, HTML, mention or link comes of it."""
    line = clip(make_line(text), longest).replace("|", "\\x7c")
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    room = " " if line[:1] in ("`", " ", "") or line[-1:] in ("`", " ") else ""
    return f"{fence}{room}{line}{room}{fence}" if line.strip() else ""


def prose(text: str, longest: int = 400) -> str:
    """A sentence with a project's names in it, each sign of which is only that sign."""
    escaped = _SIGNS.sub(r"\\\g<0>", clip(make_line(text), longest))
    return re.sub(r"\\([@#])", rf"\\\1{_NOTHING}", escaped)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], most: int) -> list[str]:
    """The lines of a table of at most so many rows; how many more there are is said below.

    A head that ends with ":" stands to the right.
    """
    listed = list(rows)
    lines = [_row(tuple(name.rstrip(":") for name in head))]
    lines.append(_row(tuple("---:" if name.endswith(":") else "---" for name in head)))
    lines += map(_row, listed[:most])
    if len(listed) > most:
        lines += ["", f"*and {len(listed) - most:,} more*"]
    return lines


def folded(title: str, lines: list[str]) -> list[str]:
    """Lines that are shown when their title is clicked on."""
    return ["<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>"]


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
