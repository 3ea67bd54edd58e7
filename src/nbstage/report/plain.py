"""Text from a notebook, made safe to print and measured as a terminal shows it."""

from __future__ import annotations

import unicodedata

TAB = 4


def make_plain(text: str) -> str:
    """Return `text` with everything that does not print written as a Python escape.

    A notebook may hold terminal sequences, right-to-left overrides or halves of characters; none
    of them reaches the terminal. Line breaks stay.
    """
    if text.isprintable():
        return text
    return "".join(ch if ch == "\n" or ch.isprintable() else _escape(ch) for ch in text)


def make_line(text: str) -> str:
    """Return `text` as `make_plain` does, on one line: line breaks and tabs become spaces."""
    return make_plain(" ".join(text.split()))


def show_char(ch: str, column: int) -> str:
    """Return what stands on the screen for one character of source that begins in `column`."""
    if ch == "\t":
        return " " * (TAB - column % TAB)
    return ch if ch.isprintable() else _escape(ch)


def width(text: str) -> int:
    """Return the columns `text` takes: two for a wide character, none for an accent."""
    if text.isascii():
        return len(text)
    return sum(_char_width(ch) for ch in text)


def clip(text: str, columns: int) -> str:
    """Return `text`, cut with "..." at its end if it is wider than `columns`."""
    if width(text) <= columns:
        return text
    kept, used = [], 3
    for ch in text:
        used += _char_width(ch)
        if used > columns:
            break
        kept.append(ch)
    return "".join(kept).rstrip() + "..."


def pad(text: str, columns: int) -> str:
    """Return `text` filled up with spaces to `columns`."""
    return text + " " * (columns - width(text))


def indent(text: str, prefix: str) -> str:
    """Return `text` with `prefix` before every line but the first, and no space at a line's end."""
    first, *rest = text.split("\n")
    return "\n".join([first, *((prefix + line).rstrip() for line in rest)])


def _escape(ch: str) -> str:
    """A lone surrogate is escaped as well: it could not be printed at all."""
    code = ord(ch)
    if code < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(ch, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _char_width(ch: str) -> int:
    if ch.isascii():
        return 1
    if unicodedata.category(ch) in ("Mn", "Me") or "\u1160" <= ch <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1
