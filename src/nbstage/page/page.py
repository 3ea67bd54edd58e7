"""The page: one text that needs no network, runs no script and takes nobody's word for markup."""

from __future__ import annotations

from nbstage.convert.sections import key_of
from nbstage.model import Parameter
from nbstage.page.code import code_as_html
from nbstage.page.document import document
from nbstage.page.drawing import drawing
from nbstage.page.markup import Html, el, join
from nbstage.page.nouns import View
from nbstage.page.numbers import duration
from nbstage.page.problems import problems_section
from nbstage.page.stage import helper_id, stage_section, value_as_html
from nbstage.report.flow import readers

_NOTHING = "There are no stages to show."


def page(view: View) -> str:
    """The whole page of a notebook."""
    picture, width = drawing(view) if view.stages else (Html(""), 0)
    main = el(
        "main",
        problems_section(view.problems),
        flow_section(picture) if view.stages else el("p", _NOTHING),
        _parameters(view),
        [stage_section(number, one, view) for number, one in enumerate(view.stages, 1)],
        _helpers(view),
        id="content",
        tabindex=-1,
    )
    skip = el("a", "Skip to the content", href="#content", class_="skip")
    body = join(skip, _header(view), el("div", _contents(view), main, class_="columns"))
    return document(f"{view.notebook}: stages", body, drawing=width)


def _header(view: View) -> Html:
    folder, slash, name = view.notebook.rpartition("/")
    facts = [
        _count(len(view.stages), "stage"),
        _count(len(view.pipeline.parameters), "parameter"),
    ]
    times = [one.seconds for one in view.stages if one.seconds is not None]
    if times and len(times) == len(view.stages):
        facts.append(f"{duration(sum(times))} in all")
        facts.append(f"peak {max(one.peak_mb or 0 for one in view.stages):,.0f} MB")
    elif view.stages:
        facts.append("no times: `nbstage trace` takes them")
    title = el("h1", el("span", folder + slash, class_="folder"), name)
    return el("header", title, el("ul", [el("li", fact) for fact in facts], class_="facts"))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _contents(view: View) -> Html | None:
    if not view.stages:
        return None
    entries = [("Flow", "flow", "")]
    if view.pipeline.parameters:
        entries.append(("Parameters", "parameters", ""))
    if view.problems:
        entries.insert(0, ("Problems", "problems", ""))
    items = [el("li", el("a", name, href=f"#{target}")) for name, target, _ in entries]
    for number, one in enumerate(view.stages, 1):
        mark = el("span", "has problems", class_="dot") if one.problems else None
        link = el(
            "a",
            el("span", str(number), class_="number"),
            one.stage.name,
            mark,
            href=f"#stage-{number}",
        )
        items.append(el("li", link, class_="of-stage"))
    return el("nav", el("ul", items), aria_label="Contents")


def flow_section(picture: Html) -> Html:
    """The drawing in a frame that can be scrolled."""
    frame = el(
        "div",
        picture,
        class_="frame",
        tabindex=0,
        role="region",
        aria_label="Drawing of the flow, may be scrolled",
    )
    return el(
        "section", el("h2", "Flow", id="flow-title"), frame, id="flow", aria_labelledby="flow-title"
    )


def _parameters(view: View) -> Html | None:
    parameters = view.pipeline.parameters
    if not parameters:
        return None
    rows = [_parameter(parameter, view) for parameter in parameters]
    head = el("tr", [el("th", name, scope="col") for name in ("name", "value", "used by")])
    table = el("table", el("thead", head), el("tbody", rows), class_="wide")
    return el(
        "section",
        el("h2", "Parameters", id="parameters-title"),
        scrolled(table),
        id="parameters",
        aria_labelledby="parameters-title",
    )


def _parameter(parameter: Parameter, view: View) -> Html:
    """A row: the value that holds, and the notebook's where it is another one."""
    value = view.held.get(key_of(parameter), parameter.value)
    differs = repr(value) != repr(parameter.value)
    comment = " ".join(parameter.comment)
    return el(
        "tr",
        el("th", key_of(parameter), el("small", comment) if comment else None, scope="row"),
        el(
            "td",
            value_as_html(value),
            el("small", "notebook: ", value_as_html(parameter.value)) if differs else None,
        ),
        el("td", ", ".join(readers(view.pipeline, parameter.name)) or "no stage"),
    )


def scrolled(table: Html) -> Html:
    """A table that is scrolled where it is wider than the screen."""
    return el("div", table, class_="scroll", tabindex=0, role="region", aria_label="Table")


def _helpers(view: View) -> Html | None:
    modules = [file for file in view.pipeline.modules if file.path.startswith("pipeline/helpers/")]
    if not modules:
        return None
    parts = [
        el(
            "details",
            el("summary", el("code", file.path)),
            code_as_html(file.text),
            id=helper_id(file.path),
        )
        for file in modules
    ]
    return el(
        "section",
        el("h2", "Helpers", id="helpers-title"),
        parts,
        id="helpers",
        aria_labelledby="helpers-title",
    )
