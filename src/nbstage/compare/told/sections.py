"""The sections of a report's page; None for one that has nothing to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nbstage.compare.nouns import (
    Comparison,
    Difference,
    Drawn,
    Judgement,
    Metric,
    Plot,
    Predictions,
    Slice,
    Verdict,
)
from nbstage.compare.told import words
from nbstage.compare.told.curves import overlay
from nbstage.page.markup import Child, Html, el, join
from nbstage.page.numbers import duration
from nbstage.page.page import scrolled

Section = Callable[[Comparison], Html | None]


def metrics_section(comparison: Comparison) -> Html | None:
    """Each metric; those that are the same are folded."""
    if comparison.baseline.none:
        rows = [(one.called, _number(words.number(one.new))) for one in comparison.metrics]
        return _table(("metric", "now:"), rows) if rows else None
    same = [one for one in comparison.metrics if one.judgement is Judgement.SAME]
    told = [one for one in comparison.metrics if one.judgement is not Judgement.SAME]
    head = ("metric", "old:", "new:", "change:", "")
    parts = [_table(head, map(_metric, told))] if told else []
    if words.any_judged(told):
        parts.append(el("p", words.BARE, class_="method"))
    if same:
        rows = [(one.called, _number(words.number(one.new))) for one in same]
        table = _table(("metric", "value:"), rows)
        parts.append(el("details", el("summary", f"{len(same):,} unchanged"), table))
    return join(parts) if parts else None


def _metric(one: Metric) -> tuple[Child, ...]:
    values = words.number(one.old), words.number(one.new), words.signed(one.change)
    return one.called, *map(_number, values), _judged(words.judged(one), one.judgement)


def predictions_section(comparison: Comparison) -> Html | None:
    """Measures and slices with their intervals."""
    found = comparison.predictions
    if found is None:
        return None
    if found.failure:
        return el("p", el("code", found.path), f": {found.failure}")
    head = ("measure", "old:", "new:", "change:", "interval:", "p:", "")
    rows = [_difference(one) for one in found.differences]
    method = words.method(found).replace("`", "")
    return join(_table(head, rows), _slices(found), el("p", method, class_="method"))


def _difference(one: Difference) -> tuple[Child, ...]:
    values = words.number(one.old), words.number(one.new), words.signed(one.change)
    last = _number(words.p_value(one.p)), _judged(one.verdict.value, one.verdict)
    return (
        one.measure,
        *map(_number, values),
        _interval(one, _bound([one])),
        *last,
    )


def _slices(found: Predictions) -> Html | None:
    if not found.slices:
        return None
    bound = _bound([one.found for one in found.slices if one.found])
    head = ("slice", "rows:", "old:", "new:", "interval:", "p, corrected:", "")
    table = _table(head, (_slice(one, bound) for one in found.slices))
    return el("div", el("h3", f"{found.primary} by slice"), table, class_="part")


def _slice(one: Slice, bound: float) -> tuple[Child, ...]:
    name, rows = f"{one.column} = {one.value}", _number(f"{one.rows:,}")
    if one.found is None:
        return name, rows, "", "", "", "", one.why
    values = words.number(one.found.old), words.number(one.found.new)
    verdict = one.found.verdict
    last = _number(words.p_value(one.adjusted)), _judged(verdict.value, verdict)
    return name, rows, *map(_number, values), _interval(one.found, bound), *last


def _bound(found: list[Difference]) -> float:
    """The largest bound of an interval, for bars on one scale."""
    ends = [abs(end) for one in found for end in (one.low, one.high) if end == end]
    return max(ends, default=0.0) or 1.0


def _interval(one: Difference, bound: float) -> Html:
    return el("td", words.interval(one), _bar(one, bound), class_="number")


def _bar(one: Difference, bound: float) -> Html:
    """The interval of a difference beside zero."""
    low, middle, high = (50 + 48 * value / bound for value in (one.low, one.change, one.high))
    if low != low:
        return Html("")
    kind = words.tone(one.verdict)
    return el(
        "svg",
        el("path", d="M50 0V16", class_="zero"),
        el("path", d=f"M{low:.1f} 8H{high:.1f}", class_=f"range {kind}".rstrip()),
        el("circle", cx=f"{middle:.1f}", cy=8, r=3, class_=f"point {kind}".rstrip()),
        view_box="0 0 100 16",
        preserveAspectRatio="none",
        class_="bars",
        aria_hidden="true",
    )


def parameters_section(comparison: Comparison) -> Html | None:
    """The parameters that differ."""
    rows = [
        (
            one.name if one.path == "params.yaml" else f"{one.path}: {one.name}",
            el("code", words.DASH if one.old is None else one.old[:400]),
            el("code", words.DASH if one.new is None else one.new[:400]),
        )
        for one in comparison.parameters
    ]
    return _table(("parameter", "old", "new"), rows) if rows else None


def stages_section(comparison: Comparison) -> Html | None:
    """What became of each stage. Each row is where its box in the drawing leads."""
    if not comparison.stages:
        return None
    none = bool(comparison.baseline.none)
    rows = [
        (
            one.name,
            "" if none else one.fate.value,
            "" if none else words.why_again(one),
            _number("" if one.seconds is None else duration(one.seconds)),
        )
        for one in comparison.stages
    ]
    return _table(("stage", "", "why", "last trace:"), rows, ids="stage")


def code_section(comparison: Comparison) -> Html | None:
    """The modules that differ."""
    rows = [
        (one.path, ", ".join(one.stages), _number(words.lines_changed(one)))
        for one in comparison.code
    ]
    return _table(("module", "stages", "lines:"), rows) if rows else None


def files_section(comparison: Comparison) -> Html | None:
    """The data and results that differ."""
    rows = [
        (
            one.path,
            one.stage or "data",
            words.about(one.old),
            words.about(one.new),
            "; ".join(one.schema),
        )
        for one in comparison.files
    ]
    return _table(("file", "made by", "old", "new", "columns"), rows) if rows else None


def plots_section(comparison: Comparison) -> Html | None:
    """Curves over each other, pictures side by side."""
    if not comparison.plots:
        return None
    parts = [_plot(plot, alone=bool(comparison.baseline.none)) for plot in comparison.plots]
    legend = None
    if not comparison.baseline.none:
        legend = el("p", "Dashed: the baseline. Pictures: the baseline's first.", class_="legend")
    return join(legend, el("div", parts, class_="plots"))


def _plot(plot: Plot, *, alone: bool) -> Html:
    said = "" if alone else " (unchanged)" if plot.same else " (changed)"
    head, curves = el("h3", plot.path + said), overlay(plot)
    if curves is not None:
        lost = [f"{name}: {one.missing}" for name, one in _sides(plot) if one and one.missing]
        return el("div", head, curves, [el("p", text, class_="legend") for text in lost])
    shown = [(name, one) for name, one in _sides(plot) if one is not None]
    if plot.same or alone:
        shown = shown[-1:]
    pair = el("div", [_picture(name, one) for name, one in shown], class_="pair")
    return el("div", head, pair, class_="wide-plot" if len(shown) > 1 else None)


def _sides(plot: Plot) -> tuple[tuple[str, Drawn | None], ...]:
    return ("old", plot.old), ("new", plot.new)


def _picture(name: str, one: Drawn) -> Html:
    shown = el("img", src=one.image, alt=f"the picture, {name}", loading="lazy")
    return el("figure", el("figcaption", name), shown if one.image else el("p", one.missing))


def _table(head: tuple[str, ...], rows: Iterable[tuple[Child, ...]], ids: str = "") -> Html:
    """A table whose first column names the rows; a head that ends with ":" stands to the right."""
    heads = [
        el("th", name.rstrip(":"), scope="col", class_="number" if name.endswith(":") else None)
        for name in head
    ]
    lines = []
    for number, (first, *cells) in enumerate(rows, 1):
        filled = join(*(_cell(cell) for cell in cells))
        name = el("th", first, scope="row")
        lines.append(el("tr", name, filled, id=f"{ids}-{number}" if ids else None))
    return scrolled(el("table", el("thead", el("tr", heads)), el("tbody", lines)))


def _cell(content: Child) -> Html:
    made = isinstance(content, Html) and content.startswith("<td")
    return join(content) if made else el("td", content)


def _number(text: str) -> Html:
    return el("td", text, class_="number")


def _judged(text: str, found: Verdict | Judgement) -> Html:
    return el("td", text, class_=words.tone(found) or None)
