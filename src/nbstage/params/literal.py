"""Plain values as Python writes them."""

from __future__ import annotations

import math

_WIDTH = 88


class NoLiteral(Exception):
    """A value that a parameters cell can't hold; the text says what it is."""


def literal(value: object, quote: str = '"') -> str:
    """The value as Python reads it back, on one line. Raises NoLiteral."""
    match value:
        case None | bool() | int():
            return repr(value)
        case float():
            if not math.isfinite(value):
                raise NoLiteral(f"'{value}', for which Python has no literal")
            return repr(value)
        case str():
            return _text(value, quote)
        case list():
            return f"[{', '.join(literal(item, quote) for item in value)}]"
        case dict():
            return f"{{{', '.join(_pairs(value, quote))}}}"
        case _:
            raise NoLiteral(f"a {type(value).__name__}, which a parameter can't be")


def literal_lines(value: object, quote: str, start: int, margin: str) -> str:
    """The same over several lines where one would be too long: an item each, a comma at its end.
    `start` is the column in which the value begins, `margin` the space before its line.
    """
    line = literal(value, quote)
    if start + len(line) <= _WIDTH or not isinstance(value, list | dict) or not value:
        return line
    items = _pairs(value, quote) if isinstance(value, dict) else [literal(v, quote) for v in value]
    inner = "".join(f"{margin}    {item},\n" for item in items)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inner}{margin}{closing}"


def _pairs(value: dict[object, object], quote: str) -> list[str]:
    if not all(isinstance(key, str) for key in value):
        raise NoLiteral("a mapping with a key that is no text, which a parameter can't be")
    return [f"{literal(key, quote)}: {literal(item, quote)}" for key, item in value.items()]


def _text(value: str, quote: str) -> str:
    """In the quotes that the notebook used, others where that saves escapes."""
    plain = repr(value)
    inner = plain[1:-1]
    if quote in value:
        return plain
    if plain[0] != quote:
        inner = inner.replace("\\" + plain[0], plain[0])
    return f"{quote}{inner}{quote}"
