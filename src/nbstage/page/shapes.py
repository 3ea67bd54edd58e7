"""The shapes of a drawing: stages, files, arrows and their labels."""

from __future__ import annotations

from itertools import pairwise

from nbstage.page.layout import Box, Line, Point
from nbstage.page.markup import Html, el, join
from nbstage.page.nouns import StageView
from nbstage.page.numbers import duration
from nbstage.report.flow import Edge
from nbstage.report.plain import clip, make_line, width

_CHAR, _SMALL = 8.5, 7.0
_NAME, _LABEL, _FILE = 26, 24, 28
_HEIGHT, _FILE_HEIGHT, _LABEL_HEIGHT = 46.0, 28.0, 20.0


def stage_box(key: str, one: StageView) -> Box:
    """The room that a stage takes."""
    name = _wide(one.stage.name, _NAME, _CHAR, 36)
    return Box(key, max(118.0, name, len(_below(one)) * 6.4 + 24), _HEIGHT)


def file_box(key: str, path: str) -> Box:
    """The room that a file takes."""
    return Box(key, _wide(path, _FILE, _SMALL, 28), _FILE_HEIGHT)


def labelled_line(start: str, end: str, edge: Edge) -> Line:
    """A line with the room that its label takes."""
    return Line(start, end, _wide(_label(edge), _LABEL, _SMALL, 14), _LABEL_HEIGHT)


def definitions() -> Html:
    """The arrow's tip."""
    tip = el("path", d="M0 0 8 4 0 8z", class_="tip")
    marker = el(
        "marker",
        tip,
        id="tip",
        view_box="0 0 8 8",
        refX=7,
        refY=4,
        markerWidth=8,
        markerHeight=8,
        orient="auto",
        markerUnits="userSpaceOnUse",
    )
    return el("defs", marker)


def line_shape(points: tuple[Point, ...]) -> Html:
    """A curve through the points, with a tip."""
    steps = [f"M{points[0].x:.1f} {points[0].y:.1f}"]
    for one, other in pairwise(points):
        middle = (one.y + other.y) / 2
        steps.append(
            f"C{one.x:.1f} {middle:.1f} {other.x:.1f} {middle:.1f} {other.x:.1f} {other.y:.1f}"
        )
    return el("path", d="".join(steps), class_="line", marker_end="url(#tip)")


def label_shape(edge: Edge, at: Point, wide: float) -> Html:
    """What travels along a line."""
    box = _around(at, wide, _LABEL_HEIGHT, rx=10)
    word = el("text", _label(edge), x=f"{at.x:.1f}", y=f"{at.y + 4:.1f}")
    whole = f"{edge.source} to {edge.target}: {', '.join(edge.names)}"
    return el("g", el("title", clip(make_line(whole), 300)), box, word, class_="label")


def file_shape(path: str, at: Point, box: Box) -> Html:
    """A file that no stage writes."""
    rect = _around(at, box.width, box.height, rx=14)
    word = el("text", _end(make_line(path)), x=f"{at.x:.1f}", y=f"{at.y + 4:.1f}")
    return el("g", el("title", f"file {path}"), rect, word, class_="file")


def _around(at: Point, wide: float, high: float, *, rx: int) -> Html:
    """A box whose middle is at a point."""
    return el(
        "rect",
        x=f"{at.x - wide / 2:.1f}",
        y=f"{at.y - high / 2:.1f}",
        width=f"{wide:.1f}",
        height=high,
        rx=rx,
    )


def _end(path: str) -> str:
    """A path's end, where its name is."""
    return path if width(path) <= _FILE else "..." + path[-(_FILE - 3) :]


def stage_shape(number: int, one: StageView, at: Point, box: Box, slowest: float) -> Html:
    """A stage: a link to its section, with a bar as long as its share of the slowest's time."""
    left, top = at.x - box.width / 2, at.y - box.height / 2
    rect = el(
        "rect",
        x=f"{left:.1f}",
        y=f"{top:.1f}",
        width=f"{box.width:.1f}",
        height=box.height,
        rx=8,
        class_="box",
    )
    name = el(
        "text",
        clip(make_line(one.stage.name), _NAME),
        x=f"{at.x:.1f}",
        y=f"{at.y - 3:.1f}",
        class_="name",
    )
    below = el("text", _below(one), x=f"{at.x:.1f}", y=f"{at.y + 13:.1f}", class_="small")
    bar = _bar(one, left + 8, top + box.height - 4, box.width - 16, slowest)
    mark = el("circle", cx=f"{left + box.width - 2:.1f}", cy=f"{top + 2:.1f}", r=6, class_="mark")
    title = el("title", clip(make_line(f"{one.stage.name}. {one.stage.doc}"), 300))
    parts = join(title, rect, name, below, bar, mark if one.problems else None)
    return el("a", parts, href=f"#stage-{number}", class_=f"stage {one.kind}".rstrip())


def _bar(one: StageView, left: float, bottom: float, most: float, slowest: float) -> Html | None:
    share = (one.seconds or 0.0) / slowest if slowest else 0.0
    if not share:
        return None
    wide = f"{max(2.0, share * most):.1f}"
    return el(
        "rect", x=f"{left:.1f}", y=f"{bottom:.1f}", width=wide, height=2.5, rx=1, class_="bar"
    )


def _below(one: StageView) -> str:
    first = one.below or f"{len(one.cells)} cell{'' if len(one.cells) == 1 else 's'}"
    return first if one.seconds is None else f"{first} \N{MIDDLE DOT} {duration(one.seconds)}"


def _wide(text: str, most: int, char: float, beside: float) -> float:
    return width(clip(make_line(text), most)) * char + beside


def _label(edge: Edge) -> str:
    """As many names as there is room for, and how many more travel."""
    names = [make_line(name) for name in edge.names]
    shown = names[:1]
    for name in names[1:]:
        if width(", ".join([*shown, name])) > _LABEL - 4:
            break
        shown.append(name)
    more = len(names) - len(shown)
    last = f" +{more}" if more else ""
    return clip(", ".join(shown), _LABEL - len(last)) + last
