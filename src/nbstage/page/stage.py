"""One stage's section of the page."""

from __future__ import annotations

import hashlib
import json

from nbstage.convert.sections import key_of
from nbstage.model import Artifact
from nbstage.page.code import code_as_html
from nbstage.page.look import metrics_as_html, things
from nbstage.page.markup import Html, el, join
from nbstage.page.nouns import StageView, View
from nbstage.page.numbers import duration
from nbstage.page.problems import problem_list
from nbstage.report.data import plain_value
from nbstage.report.flow import code_files, data_files, edges

_LONGEST_VALUE = 400


def stage_section(number: int, one: StageView, view: View) -> Html:
    """All that is known of a stage."""
    stage = one.stage
    title = el("h2", el("span", str(number), class_="number"), stage.name, id=f"title-{number}")
    return el(
        "section",
        el("div", title, _chips(one), class_="head"),
        el("p", stage.doc, class_="doc") if stage.doc else None,
        problem_list(one.problems) if one.problems else None,
        _parameters(one, view),
        _inputs(one, view),
        _outputs(one, view),
        _part("Metrics", [metrics_as_html(path, view) for path in stage.metrics]),
        _part("Plots", [things(plot.path, "", view, open_=True) for plot in stage.plots]),
        _code(one, view),
        _checks(one, view),
        class_="stage",
        id=f"stage-{number}",
        aria_labelledby=f"title-{number}",
    )


def value_as_html(value: object) -> Html:
    """A parameter's value as JSON writes it."""
    text = json.dumps(plain_value(value), ensure_ascii=False)
    short = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
    return el("code", short)


def helper_id(path: str) -> str:
    """Where on the page a helper stands."""
    return "helper-" + hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _chips(one: StageView) -> Html | None:
    facts = [f"{key}: {value}" for key, value in one.stage.resources]
    if one.seconds is not None:
        facts.insert(0, duration(one.seconds))
    if one.peak_mb:
        facts.insert(1, f"peak {one.peak_mb:,.0f} MB")
    return el("ul", [el("li", fact) for fact in facts], class_="facts") if facts else None


def _part(title: str, content: list[Html], kind: str = "part") -> Html | None:
    return el("div", el("h3", title), content, class_=kind) if content else None


def _parameters(one: StageView, view: View) -> Html | None:
    values = {key_of(one): one.value for one in view.pipeline.parameters}
    values |= {name: view.held[name] for name in values if name in view.held}
    pairs = [
        el("div", el("dt", name), el("dd", value_as_html(values.get(name))))
        for name in one.stage.params
    ]
    return _part("Parameters", [el("dl", pairs, class_="values")]) if pairs else None


def _inputs(one: StageView, view: View) -> Html | None:
    number = {other.stage.name: at for at, other in enumerate(view.stages, 1)}
    makers = {
        name: edge.source
        for edge in edges(view.pipeline.stages)
        if edge.target == one.stage.name
        for name in edge.names
    }
    found = [
        things(artifact.path, _names(artifact), view, said=_to("from", [artifact.stage], number))
        for artifact in one.stage.inputs
    ]
    for path in data_files(view.pipeline, one.stage):
        maker = [makers[path]] if path in makers else []
        found.append(things(path, "", view, said=_to("from", maker, number)))
    return _part("Takes", found)


def _outputs(one: StageView, view: View) -> Html | None:
    number = {other.stage.name: at for at, other in enumerate(view.stages, 1)}
    found = []
    for artifact in one.stage.outputs:
        users = [
            other.stage.name
            for other in view.stages
            if any(taken.path == artifact.path for taken in other.stage.inputs)
        ]
        found.append(things(artifact.path, _names(artifact), view, said=_to("for", users, number)))
    found += [things(path, "", view) for path in one.stage.outs]
    return _part("Makes", found)


def _names(artifact: Artifact) -> str:
    return " + ".join(artifact.names)


def _to(word: str, names: list[str], number: dict[str, int]) -> Html:
    links = [
        el("a", name, href=f"#stage-{number[name]}") if name in number else join(name)
        for name in names
    ]
    parts = [part for link in links for part in (Html(", "), link)][1:]
    return join(f"{word} ", parts) if links else Html("")


def _code(one: StageView, view: View) -> Html | None:
    modules = {file.path: file.text for file in view.pipeline.modules}
    used = [path for path in code_files(view.pipeline, one.stage) if path in modules]
    cells = [
        el("figure", el("figcaption", f"cell {cell.number}"), code_as_html(cell.source))
        for cell in one.cells
    ]
    own = [path for path in used if not path.startswith("pipeline/helpers/")]
    made = [_module(path, modules[path]) for path in own]
    links = [
        join(" ", el("a", path.rpartition("/")[2], href=f"#{helper_id(path)}"))
        for path in used
        if path not in own
    ]
    helpers = [el("p", "Helpers:", links, class_="where")] if links else []
    return _part("Code", [*cells, *made, *helpers])


def _checks(one: StageView, view: View) -> Html | None:
    path = f"pipeline/checks/{one.stage.name}.py"
    names = [el("li", el("code", name)) for name in one.stage.checks]
    made = [_module(file.path, file.text) for file in view.pipeline.modules if file.path == path]
    return _part("Checks", [el("ul", names), *made]) if names else None


def _module(path: str, text: str) -> Html:
    head = el("summary", el("code", path), " as it is generated")
    return el("details", head, code_as_html(text))
