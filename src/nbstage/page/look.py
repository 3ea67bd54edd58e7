"""A file on the page: its name, its size, and what is in it."""

from __future__ import annotations

from nbstage.page.markup import Html, el, join
from nbstage.page.nouns import Glimpse, View
from nbstage.page.numbers import size


def things(
    path: str, names: str, view: View, *, said: Html | str = "", open_: bool = False
) -> Html:
    """A file, or a folder with its files: what it is for the stage (`names`, `said`), and a look
    into it that can be unfolded.
    """
    inside = view.members.get(path, ())
    if inside:
        return join(*(_thing(member, "", "", view, open_=open_) for member in inside))
    return _thing(path, names, said, view, open_=open_)


def metrics_as_html(path: str, view: View) -> Html:
    """The numbers of a metrics file as tiles; the file itself if it holds none."""
    look = view.glimpses.get(path, Glimpse(path))
    if not look.numbers:
        return things(path, "", view)
    tiles = [
        el(
            "div",
            el("dt", name),
            el("dd", f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"),
        )
        for name, value in look.numbers
    ]
    return el("dl", tiles, class_="tiles")


def _thing(path: str, names: str, said: Html | str, view: View, *, open_: bool) -> Html:
    look = view.glimpses.get(path, Glimpse(path, about="not there yet"))
    content = _content(look)
    head = join(
        el("span", names, class_="names") if names else None,
        el("code", path),
        el("span", said, class_="said") if said else None,
        el("span", _about(look), class_="about"),
    )
    if content is None:
        return el("div", head, class_="thing")
    return el("details", el("summary", head), content, class_="thing", open=open_)


def _about(look: Glimpse) -> str:
    parts = [look.about, size(look.size) if look.size is not None else ""]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def _content(look: Glimpse) -> Html | None:
    name = look.path.rpartition("/")[2]
    if look.image:
        return el("img", src=look.image, alt=f"the picture {name}", loading="lazy")
    if look.text:
        return el("pre", look.text, class_="code", tabindex=0)
    if not look.columns:
        return None
    head = el("tr", [_column(column) for column in look.columns])
    rows = [el("tr", [el("td", value) for value in row]) for row in look.rows]
    table = el("table", el("thead", head), el("tbody", rows), class_="data")
    return el(
        "div", table, class_="scroll", tabindex=0, role="region", aria_label=f"First rows of {name}"
    )


def _column(column: str) -> Html:
    """A column's name, and below it the type if the file says one."""
    name, _, kind = column.partition("\n")
    return el("th", name, el("small", kind) if kind else None, scope="col")
