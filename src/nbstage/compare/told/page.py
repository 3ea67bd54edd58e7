"""A comparison as one HTML page, the sister of a notebook's page."""

from __future__ import annotations

from importlib import resources

from nbstage.compare.nouns import Comparison, Fate, Judgement
from nbstage.compare.told import words
from nbstage.compare.told.graph import as_pipeline, moved
from nbstage.compare.told.sections import (
    Section,
    code_section,
    files_section,
    metrics_section,
    parameters_section,
    plots_section,
    predictions_section,
    stages_section,
)
from nbstage.page.document import document
from nbstage.page.drawing import drawing
from nbstage.page.markup import Html, el, join
from nbstage.page.nouns import StageView, View
from nbstage.page.page import flow_section

_SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("Metrics", "metrics", metrics_section),
    ("Predictions", "predictions", predictions_section),
    ("Plots", "plots", plots_section),
    ("Parameters", "parameters", parameters_section),
    ("Stages", "stages", stages_section),
    ("Code", "code", code_section),
    ("Data and results", "files", files_section),
)


def as_page(comparison: Comparison) -> str:
    """The whole page; needs no network and runs no script."""
    picture, width = _picture(comparison)
    found = [(title, key, make(comparison)) for title, key, make in _SECTIONS]
    shown = [(title, key, content) for title, key, content in found if content is not None]
    parts = [_section(title, key, content) for title, key, content in shown]
    main = el("main", _verdict(comparison), parts, picture, id="content", tabindex=-1)
    links = [("Verdict", "verdict"), *((title, key) for title, key, _ in shown)]
    if picture is not None:
        links.append(("Flow", "flow"))
    items = [el("li", el("a", title, href=f"#{key}")) for title, key in links]
    columns = el("div", el("nav", el("ul", items), aria_label="Contents"), main, class_="columns")
    skip = el("a", "Skip to the content", href="#content", class_="skip")
    style = (resources.files(__package__) / "report.css").read_text(encoding="utf-8")
    title = f"report: {words.against(comparison)}"
    return document(title, join(skip, _header(comparison), columns), drawing=width, style=style)


def _section(title: str, key: str, content: Html) -> Html:
    head = el("h2", title, id=f"{key}-title")
    return el("section", head, content, id=key, aria_labelledby=f"{key}-title")


def _header(comparison: Comparison) -> Html:
    facts = [f"metrics: {len(comparison.metrics):,}", f"stages: {len(comparison.stages):,}"]
    if not comparison.baseline.none:
        judged = [one.judgement for one in comparison.metrics]
        facts = [
            f"baseline: {comparison.baseline.chosen}",
            f"metrics better: {judged.count(Judgement.BETTER):,}",
            f"worse: {judged.count(Judgement.WORSE):,}",
            f"parameters changed: {len(comparison.parameters):,}",
            f"stages run again: {len(list(moved(comparison))):,}",
        ]
    listed = el("ul", [el("li", fact) for fact in facts], class_="facts")
    return el("header", el("h1", words.against(comparison)), listed)


def _verdict(comparison: Comparison) -> Html:
    verdict, because = words.headline(comparison)
    found = comparison.predictions
    deciding = found.deciding if found is not None else None
    tone = words.tone(deciding.verdict) if deciding else ""
    warnings = [*(found.warnings if found else ()), *comparison.notes]
    return el(
        "section",
        el("ul", [el("li", text) for text in warnings], class_="warnings") if warnings else None,
        el("p", verdict, class_=f"verdict {tone}".rstrip()),
        el("p", because, class_="because"),
        id="verdict",
        aria_label="Verdict",
    )


def _picture(comparison: Comparison) -> tuple[Html | None, int]:
    """The stages as boxes; those that did not move are pale."""
    pipeline = as_pipeline(comparison.locked)
    if not pipeline.stages:
        return None, 0
    known = {one.name: one for one in comparison.stages}
    views = []
    for stage in pipeline.stages:
        change = known[stage.name]
        fate = "" if comparison.baseline.none else change.fate.value
        kind = "same" if change.fate is Fate.SAME else ""
        views.append(StageView(stage, seconds=change.seconds, below=fate or " ", kind=kind))
    picture, width = drawing(View("the pipeline", pipeline, tuple(views)))
    return flow_section(picture), width
