"""A page as a text that needs no network, runs no script and takes nobody's word for markup."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from nbstage.page.markup import Html, el


def document(title: str, body: Html, *, drawing: int, style: str = "") -> str:
    """The whole text of a page. `drawing` is the width of the drawing in it, `style` what its look
    needs beside ours.
    """
    whole = f"{_style(drawing)}{style}"
    page = el("html", _head(title, whole), el("body", body), lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(title: str, style: str) -> Html:
    """What the page may do, which is next to nothing, and how it looks."""
    allowed = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src 'sha256-{_digest(style)}'"
    )
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=allowed),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", Html(style)),
    )


def _style(width: int) -> str:
    """The style, with the drawing's room: it may shrink to two thirds, then it is scrolled."""
    text = (resources.files(__package__) / "page.css").read_text(encoding="utf-8")
    return f"{text}\n.flow {{ min-width: {min(width, max(300, width * 2 // 3))}px }}\n"


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
