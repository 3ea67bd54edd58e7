"""Plain data that anybody may have written, read with care."""

from __future__ import annotations


def mapping(value: object) -> dict[str, object]:
    """The value if it is a mapping, its keys as text; else an empty one."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def listed(value: object) -> list[object]:
    """The value if it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The value if it is a text; else ""."""
    return value if isinstance(value, str) else ""
