"""HTML from plain texts: what is not markup of ours is escaped, always."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from nbstage.report.plain import TAB, make_plain

_VOID = frozenset({"meta", "img", "br"})


class Html(str):
    """Text that is markup already. Any other text is escaped where it is put into an element."""

    __slots__ = ()


Child = str | Iterable[str] | None


def el(tag: str, *children: Child, **attributes: str | float | bool | None) -> Html:
    """An element. `class_` is `class`, `view_box` and `font_size` are written as SVG has them."""
    head = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{head}>")
    return Html(f"<{tag}{head}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """The children one after the other: markup as it is, text escaped."""
    return Html("".join(_child(child) for child in children))


def text(plain: str) -> Html:
    """Text in a form that can neither be markup nor turn the page's text around."""
    return Html(escape(make_plain(plain.replace("\t", " " * TAB)), quote=True))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    return text(child) if isinstance(child, str) else join(*child)


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    word = name.rstrip("_")
    word = "viewBox" if word == "view_box" else word.replace("_", "-")
    if value is True:
        return f" {word}"
    plain = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {word}="{text(plain)}"'
