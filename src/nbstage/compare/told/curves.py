"""Curves of both versions in one drawing."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.compare.nouns import Drawn, Plot
from nbstage.page.markup import Html, el
from nbstage.report.plain import clip, make_line

_WIDTH, _HEIGHT = 460.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 26.0, 12.0, 40.0
_TICKS = 4


@dataclass(frozen=True, slots=True)
class _Frame:
    """The ranges of both axes."""

    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return _LEFT + across * wide, _TOP + (1 - up) * high


def overlay(plot: Plot) -> Html | None:
    """The curves of old (dashed) and new in one frame; None where there are none."""
    old, new = plot.old or Drawn(), plot.new or Drawn()
    points = [point for side in (old, new) for _, curve in side.curves for point in curve]
    if not points:
        return None
    frame = _Frame(_range([x for x, _ in points]), _range([y for _, y in points]))
    names = list(dict.fromkeys(name for side in (new, old) for name, _ in side.curves))
    parts = [_axes(frame, new.x or old.x, names)]
    for side, kind in ((old, "old"), (new, "new")):
        for name, curve in side.curves:
            parts.append(_curve(frame, curve, f"curve {kind} k{names.index(name)}"))
    return el(
        "svg",
        el("title", f"{plot.path}: the baseline's curve is dashed"),
        *parts,
        view_box=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        class_="plot",
        role="img",
    )


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _curve(frame: _Frame, points: tuple[tuple[float, float], ...], kind: str) -> Html:
    places = " ".join("{:.1f},{:.1f}".format(*frame.at(x, y)) for x, y in points)
    return el("polyline", points=places, class_=kind)


def _axes(frame: _Frame, x: str, names: list[str]) -> Html:
    left, top = frame.at(frame.x[0], frame.y[1])
    right, bottom = frame.at(frame.x[1], frame.y[0])
    lines = [el("path", d=f"M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}", class_="axis")]
    for step in range(_TICKS + 1):
        share = step / _TICKS
        along = frame.x[0] + share * (frame.x[1] - frame.x[0])
        up = frame.y[0] + share * (frame.y[1] - frame.y[0])
        place, height = frame.at(along, up)
        lines.append(_word(f"{along:.3g}", place, bottom + 14, "middle"))
        lines.append(_word(f"{up:.3g}", left - 6, height + 4, "end"))
        lines.append(el("path", d=f"M{left:.1f} {height:.1f}H{right:.1f}", class_="grid"))
    lines.append(_word(clip(make_line(x), 40), (left + right) / 2, _HEIGHT - 6, "middle"))
    shown = clip(make_line(", ".join(names)), 60)
    return el("g", lines, _word(shown, left + 6, top + 12, "start"), class_="axes")


def _word(text: str, x: float, y: float, anchor: str) -> Html:
    return el("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)
