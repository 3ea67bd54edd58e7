"""Curves of both versions in one drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nbstage.compare.nouns import Drawn, Plot
from nbstage.page.markup import Html, el, join
from nbstage.report.plain import clip, make_line

_WIDTH, _HEIGHT = 460.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 26.0, 12.0, 40.0
_MOST_TICKS = 5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_NAMED = 6


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
    parts = [_axes(frame, new.x or old.x)]
    for side, kind in ((old, "old"), (new, "new")):
        for name, curve in side.curves:
            parts.append(_curve(frame, curve, f"curve {kind} k{names.index(name)}"))
    drawn = el(
        "svg",
        el("title", f"{plot.path}: the baseline's curve is dashed"),
        *parts,
        view_box=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        class_="plot",
        role="img",
    )
    return join(_legend(names), drawn)


def _range(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _curve(frame: _Frame, points: tuple[tuple[float, float], ...], kind: str) -> Html:
    places = " ".join("{:.1f},{:.1f}".format(*frame.at(x, y)) for x, y in points)
    return el("polyline", points=places, class_=kind)


def _axes(frame: _Frame, x: str) -> Html:
    left, top = frame.at(frame.x[0], frame.y[1])
    right, bottom = frame.at(frame.x[1], frame.y[0])
    lines = [el("path", d=f"M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}", class_="axis")]
    for along in ticks(*frame.x):
        place, _ = frame.at(along, frame.y[0])
        lines.append(_word(f"{along:.6g}", place, bottom + 14, "middle"))
    for up in ticks(*frame.y):
        _, height = frame.at(frame.x[0], up)
        lines.append(_word(f"{up:.6g}", left - 6, height + 4, "end"))
        lines.append(el("path", d=f"M{left:.1f} {height:.1f}H{right:.1f}", class_="grid"))
    lines.append(_word(clip(make_line(x), 40), (left + right) / 2, _HEIGHT - 6, "middle"))
    return el("g", lines, class_="axes")


def ticks(low: float, high: float) -> list[float]:
    """The round numbers between two numbers, at most five steps of equal width."""
    rough = (high - low) / _MOST_TICKS
    if not math.isfinite(rough) or rough < 1e-300:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * step for step in _STEPS if power * step >= rough), power * 10)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last + 1)]


def _legend(names: list[str]) -> Html:
    """The curves' names, each in its curve's colour."""
    shown = [
        el("span", clip(make_line(name), 30), class_=f"name k{number}")
        for number, name in enumerate(names[:_MOST_NAMED])
    ]
    more = len(names) - len(shown)
    return el("p", shown, f"and {more} more" if more > 0 else None, class_="legend names")


def _word(text: str, x: float, y: float, anchor: str) -> Html:
    return el("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)
