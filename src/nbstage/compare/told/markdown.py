"""A comparison as Markdown for a comment on GitHub."""

from __future__ import annotations

from collections.abc import Callable

from nbstage.compare.nouns import Comparison, Fate, Judgement, Metric, Predictions
from nbstage.compare.told import words
from nbstage.compare.told.graph import as_mermaid
from nbstage.compare.told.markdown_text import code, folded, prose, table
from nbstage.page.numbers import duration

#: Hidden at the top: whoever posts the report finds its comment by this, to update it.
MARKER = "<!-- nbstage report -->"
MOST_CHARS = 65_536
_CUT = "*This report was cut to fit into a comment. `nbstage report --format html` has all of it.*"
_MARKS = {
    True: "\N{WHITE HEAVY CHECK MARK} ",
    False: "\N{HEAVY EXCLAMATION MARK SYMBOL} ",
    None: "",
}
_ROWS = (200, 60, 20, 8, 3)

Section = Callable[[Comparison, int], list[str]]


def as_markdown(comparison: Comparison) -> str:
    """The report, at most as long as GitHub takes it; what is cut is said."""
    for most in _ROWS:
        text = _text([section(comparison, most) for section in _SECTIONS])
        if len(text) <= MOST_CHARS:
            return text
    return _cut([section(comparison, _ROWS[-1]) for section in _SECTIONS])


def _text(sections: list[list[str]]) -> str:
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _cut(sections: list[list[str]]) -> str:
    """As many sections as fit, from the first."""
    kept: list[list[str]] = []
    for section in sections:
        if len(_text([*kept, section, [_CUT]])) > MOST_CHARS:
            break
        kept.append(section)
    return _text([*kept, [_CUT]])


def _head(comparison: Comparison, most: int) -> list[str]:
    verdict, why = words.headline(comparison)
    found = comparison.predictions
    deciding = found.deciding if found is not None else None
    mark = _MARKS[words.is_good(deciding.verdict) if deciding else None]
    lines = [MARKER, f"## Model report: {mark}{verdict}", "", prose(why, 600), ""]
    if comparison.baseline.none:
        lines.append(f"There is no baseline yet: {prose(comparison.baseline.none)}.")
    else:
        chosen = prose(comparison.baseline.chosen)
        lines.append(f"Compared: {prose(words.against(comparison))} ({chosen})")
    warnings = [*(found.warnings if found else ()), *comparison.notes]
    if warnings:
        lines += ["", "> [!WARNING]", *(f"> - {prose(text)}" for text in warnings[:most])]
    return lines


def _metrics(comparison: Comparison, most: int) -> list[str]:
    if not comparison.metrics:
        return ["### Metrics", "", "No stage writes metrics."]
    same = [one for one in comparison.metrics if one.judgement is Judgement.SAME]
    told = [one for one in comparison.metrics if one.judgement is not Judgement.SAME]
    lines = ["### Metrics", ""]
    if comparison.baseline.none:
        rows = [(code(one.called), words.number(one.new)) for one in comparison.metrics]
        return lines + table(("metric", "now:"), rows, most)
    if told:
        head = ("metric", "old:", "new:", "change:", "")
        lines += table(head, map(_metric, told), most)
    if words.any_judged(told):
        lines += ["", f"<sub>{words.BARE}</sub>"]
    if same:
        rows = [(code(one.called), words.number(one.new)) for one in same]
        if told:
            lines.append("")
        lines += folded(f"{len(same):,} unchanged", table(("metric", "value:"), rows, most))
    return lines


def _metric(one: Metric) -> tuple[str, ...]:
    mark = _MARKS[words.is_good(one.judgement)]
    values = words.number(one.old), words.number(one.new), words.signed(one.change)
    return code(one.called), *values, mark + prose(words.judged(one))


def _predictions(comparison: Comparison, most: int) -> list[str]:
    found = comparison.predictions
    if found is None:
        return []
    lines = ["### Predictions, row by row", ""]
    if found.failure:
        return [*lines, f"{code(found.path)}: {prose(found.failure, 600)}"]
    head = ("measure", "old:", "new:", "change:", f"{found.confidence:.0%} interval:", "p:", "")
    rows = [
        (
            code(one.measure),
            words.number(one.old),
            words.number(one.new),
            words.signed(one.change),
            words.interval(one),
            words.p_value(one.p),
            _MARKS[words.is_good(one.verdict)] + one.verdict.value,
        )
        for one in found.differences
    ]
    lines += table(head, rows, most)
    lines += _slices(found, most)
    return [*lines, "", f"<sub>{words.method(found)}</sub>"]


def _slices(found: Predictions, most: int) -> list[str]:
    if not found.slices:
        return []
    head = ("slice", "rows:", "old:", "new:", "interval of the change:", "p, corrected:", "")
    rows = []
    for one in found.slices:
        name = code(f"{one.column} = {one.value}")
        if one.found is None:
            rows.append((name, f"{one.rows:,}", *[words.DASH] * 4, one.why))
            continue
        verdict = _MARKS[words.is_good(one.found.verdict)] + one.found.verdict.value
        values = words.number(one.found.old), words.number(one.found.new)
        told = words.interval(one.found), words.p_value(one.adjusted)
        rows.append((name, f"{one.rows:,}", *values, *told, verdict))
    title = f"{code(found.primary)} by slice"
    return ["", f"**{title}**", "", *table(head, rows, most)]


def _parameters(comparison: Comparison, most: int) -> list[str]:
    if not comparison.parameters:
        return []
    rows = [
        (
            code(one.name if one.path == "params.yaml" else f"{one.path}: {one.name}"),
            words.DASH if one.old is None else code(one.old, 80),
            words.DASH if one.new is None else code(one.new, 80),
        )
        for one in comparison.parameters
    ]
    return ["### Parameters", "", *table(("parameter", "old", "new"), rows, most)]


def _stages(comparison: Comparison, most: int) -> list[str]:
    if comparison.baseline.none or not comparison.stages:
        return []
    told = [one for one in comparison.stages if one.fate is not Fate.SAME]
    same = [one.name for one in comparison.stages if one.fate is Fate.SAME]
    lines = ["### Stages", ""]
    if told:
        rows = [
            (
                code(one.name),
                one.fate.value,
                prose(words.why_again(one)),
                words.DASH if one.seconds is None else duration(one.seconds),
            )
            for one in told
        ]
        lines += [*table(("stage", "", "why", "last trace:"), rows, most), ""]
    named = ", ".join(code(name) for name in same[:most])
    return [*lines, f"Unchanged: {named}" if same else "None is unchanged."]


def _code(comparison: Comparison, most: int) -> list[str]:
    if not comparison.code:
        return []
    rows = [
        (code(one.path), ", ".join(map(code, one.stages[:8])), words.lines_changed(one))
        for one in comparison.code
    ]
    return ["### Code", "", *table(("module", "stages", "lines:"), rows, most)]


def _files(comparison: Comparison, most: int) -> list[str]:
    if not comparison.files:
        return []
    rows = [
        (
            code(one.path),
            code(one.stage) if one.stage else "data",
            prose(words.about(one.old)),
            prose(words.about(one.new)),
            prose("; ".join(one.schema)),
        )
        for one in comparison.files
    ]
    head = ("file", "made by", "old", "new", "columns")
    return ["### Data and results", "", *table(head, rows, most)]


def _plots(comparison: Comparison, most: int) -> list[str]:
    changed = [one.path for one in comparison.plots if not one.same]
    if comparison.baseline.none or not changed:
        return []
    listed = ", ".join(code(path) for path in changed[:most])
    return ["### Plots", "", f"Changed, side by side in the HTML report: {listed}"]


def _graph(comparison: Comparison, most: int) -> list[str]:
    if not comparison.locked.stages:
        return []
    chart = as_mermaid(comparison)
    if len(chart) > 20_000:
        return []
    return folded("Pipeline", ["```mermaid", *chart.split("\n"), "```"])


_SECTIONS: tuple[Section, ...] = (
    _head,
    _metrics,
    _predictions,
    _parameters,
    _stages,
    _code,
    _files,
    _plots,
    _graph,
)
