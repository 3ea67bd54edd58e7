"""Plain data -> lines of YAML that YAML 1.1 (PyYAML) and 1.2 (DVC) read as the same data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

WIDTH = 88
_INDICATORS_IN_FLOW = frozenset(",[]{}?:")
_OTHER_TYPES = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


@dataclass(frozen=True, slots=True)
class Style:
    """How far keys and dashes stand in from their parent; whether short lists go on one line."""

    step: int = 2
    dash: int = 2
    short_lists: bool = False


def entry_lines(key: str, value: object, column: int, style: Style) -> list[str]:
    """The lines, without line ends, of `key: value` in a block mapping at that column."""
    pad = " " * column
    start = f"{pad}{scalar(key)}:"
    if isinstance(value, Mapping) and value:
        inner = column + style.step
        return [start, *mapping_lines(value, inner, style)]
    if isinstance(value, list) and value and not _fits(value, start, style):
        return [
            start,
            *(line for item in value for line in item_lines(item, column + style.dash, style)),
        ]
    if isinstance(value, str) and _reads_as_block(value):
        chomp = "" if value.endswith("\n") else "-"
        texts = value.removesuffix("\n").split("\n")
        return [
            f"{start} |{chomp}",
            *(f"{pad}{' ' * style.step}{text}" if text else "" for text in texts),
        ]
    return [f"{start} {inline(value)}"]


def mapping_lines(values: Mapping[object, object], column: int, style: Style) -> list[str]:
    """The lines of a block mapping. Keys that are not text must be plain scalars."""
    return [
        line for key, value in values.items() for line in _pair_lines(key, value, column, style)
    ]


def item_lines(item: object, column: int, style: Style) -> list[str]:
    """The lines of `- item` in a block list whose dashes stand at that column."""
    if isinstance(item, Mapping) and item:
        first, *rest = mapping_lines(item, column + 2, style)
        return [f"{' ' * column}- {first.lstrip(' ')}", *rest]
    return [f"{' ' * column}- {inline(item)}"]


def inline(value: object) -> str:
    """A value on one line: `[1, 2]`, `{a: 1}` or a scalar."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow_key(k)}: {_in_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_in_flow(item) for item in value) + "]"
    return scalar(value)


def scalar(value: object, *, in_flow: bool = False) -> str:
    """One scalar as text: quoted wherever some reader of YAML would take it for another type."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case str():
            return _text(value, in_flow=in_flow)
        case _:
            raise TypeError(f"not plain data: {type(value).__name__}")


def is_plain_data(value: object, *, depth: int = 50) -> bool:
    """Whether YAML holds the value exactly: null, numbers, text, lists and mappings of these."""
    if depth == 0:
        return False
    if isinstance(value, str):
        return type(value) is str and not any("\ud800" <= char <= "\udfff" for char in value)
    if type(value) is list:
        return all(is_plain_data(item, depth=depth - 1) for item in value)
    if type(value) is dict:
        # YAML readers take a plain key of at most 1024 characters.
        keys = all(_is_scalar(key) and len(scalar(key)) <= 1000 for key in value)
        return keys and all(is_plain_data(item, depth=depth - 1) for item in value.values())
    return _is_scalar(value)


def _pair_lines(key: object, value: object, column: int, style: Style) -> list[str]:
    if isinstance(key, str):
        return entry_lines(key, value, column, style)
    named = entry_lines("k", value, column, style)
    return [named[0].replace("k:", f"{scalar(key)}:", 1), *named[1:]]


def _fits(value: list[object], start: str, style: Style) -> bool:
    nested = any(isinstance(item, dict) for item in value)
    return style.short_lists and not nested and len(start) + 1 + len(inline(value)) <= WIDTH


def _reads_as_block(text: str) -> bool:
    """Whether `|` shows the text's lines as they are and loses nothing of it."""
    lines = text.removesuffix("\n").split("\n")
    clean = all(line.isprintable() and line == line.rstrip() for line in lines)
    return (
        "\n" in text
        and clean
        and bool(lines[0])
        and bool(lines[-1])
        and not lines[0].startswith(" ")
    )


def _in_flow(value: object) -> str:
    return inline(value) if isinstance(value, list | Mapping) else scalar(value, in_flow=True)


def _flow_key(key: object) -> str:
    return scalar(key, in_flow=True)


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    digits, exponent, power = repr(value).partition("e")
    # YAML 1.1 takes 1e-05 for text: its floats have a point.
    return (digits if "." in digits else digits + ".0") + exponent + power


def _text(text: str, *, in_flow: bool) -> str:
    if _reads_as_text(text) and not (in_flow and _INDICATORS_IN_FLOW & set(text)):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _reads_as_text(text: str) -> bool:
    starts_like_text = text[:1].isalpha() or text.startswith(("_", "/", "./", "../"))
    ends_a_key = ": " in text or text.endswith(":") or " #" in text
    clean = text.isprintable() and text == text.strip()
    return clean and starts_like_text and not ends_a_key and text.lower() not in _OTHER_TYPES


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def _is_scalar(value: object) -> bool:
    if type(value) is str:
        return is_plain_data(value)
    if type(value) is int:
        # Python refuses to write or read whole numbers of more than 4300 digits.
        return value.bit_length() < 14_000
    return value is None or type(value) in (bool, float)
