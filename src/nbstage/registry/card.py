"""A version's model card, as huggingface_hub writes them: what it is for, how good, made from what.

Nothing is asked of the network.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.compare.told.markdown_text import code, prose, table
from nbstage.compare.told.words import count, number
from nbstage.registry.data import listed, mapping, text
from nbstage.registry.lineage import MET

OWN = "cards/{name}.md"
_MOST = 30
_TO_FILL = (
    "*To be filled in: what the model is for, what it is not for, and whom its mistakes harm. What "
    "stands in `{path}` goes here the next time.*"
)


def make_card(lineage: dict[str, object], own_text: str) -> str:
    """The card as Markdown. `own_text` is what the project says of the model itself."""
    from huggingface_hub import ModelCard, ModelCardData

    kind = text(mapping(lineage.get("model")).get("kind"))
    data = ModelCardData(
        model_name=f"{text(lineage.get('name'))} {text(lineage.get('version'))}",
        library_name=kind.partition(".")[0] or None,
        tags=["nbstage"],
    )
    body = "\n".join(_lines(lineage, own_text))
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n\n{body}\n"))


def _lines(lineage: dict[str, object], own_text: str) -> Iterator[str]:
    name = text(lineage.get("name"))
    yield f"# {prose(name)} {text(lineage.get('version'))}"
    yield ""
    yield from _origin(lineage)
    yield from ("", "## Intended use", "")
    yield own_text.strip() or _TO_FILL.format(path=OWN.format(name=name))
    yield from ("", "## Metrics", "")
    yield from _metrics(mapping(lineage.get("metrics")))
    yield from _slices(lineage.get("slices"))
    yield from ("", "## Made from", "")
    yield from _data(mapping(lineage.get("made_from")))
    yield from _parameters(mapping(lineage.get("made_from")))
    yield from ("", "## Environment", "")
    yield from _environment(mapping(lineage.get("environment")))


def _origin(lineage: dict[str, object]) -> Iterator[str]:
    model, gate = mapping(lineage.get("model")), mapping(lineage.get("gate"))
    kind = f", {code(text(model.get('kind')))}" if model.get("kind") else ""
    yield f"- model: {code(text(model.get('released')))}{kind}"
    yield f"- from commit {code(text(lineage.get('source')))}"
    registered = mapping(lineage.get("registered"))
    yield f"- registered {text(registered.get('at'))} by {code(text(registered.get('by')))}"
    met = gate.get("verdict") == MET
    yield f"- the gate: {'met' if met else '**not asked**: nobody held it to the policy'}"
    trusted = [code(str(one)) for one in listed(model.get("trusted"))]
    if trusted:
        yield f"- types in the file that were reviewed: {', '.join(trusted)}"


def _metrics(metrics: dict[str, object]) -> Iterator[str]:
    rows = [
        (code(name), number(_float(value)))
        for found in metrics.values()
        for name, value in mapping(found).items()
    ]
    yield from table(("metric", "value:"), rows, _MOST) if rows else ("No stage writes metrics.",)


def _slices(slices: object) -> Iterator[str]:
    rows = [mapping(one) for one in listed(slices)]
    if not rows:
        return
    names = list(mapping(rows[0].get("measures")))
    yield from ("", "By slice, from the predictions for the test rows:", "")
    cells = (
        (
            f"{code(text(row.get('column')))} = {code(text(row.get('value')))}"
            if row.get("column")
            else "all rows",
            number(_float(row.get("rows"))),
            *(number(_float(mapping(row.get("measures")).get(name))) for name in names),
        )
        for row in rows
    )
    yield from table(("slice", "rows:", *(f"{code(name)}:" for name in names)), cells, 60)


def _data(made: dict[str, object]) -> Iterator[str]:
    for path, found in mapping(made.get("data")).items():
        said = mapping(found)
        columns = mapping(said.get("columns"))
        rows = said.get("rows")
        parts = [count(rows, "row")] if isinstance(rows, int) else []
        parts += [count(len(columns), "column")] if columns else []
        yield f"- {code(path)}{': ' if parts else ''}{', '.join(parts)}"
        if columns:
            names = ", ".join(code(name) for name in list(columns)[:_MOST])
            more = len(columns) - _MOST
            yield f"  ({names}{f' and {more} more' if more > 0 else ''})"
    yield f"- stages: {', '.join(code(str(one)) for one in listed(made.get('stages')))}"


def _parameters(made: dict[str, object]) -> Iterator[str]:
    rows = [
        (code(key.rpartition(":")[2]), code(str(value)))
        for key, value in mapping(made.get("params")).items()
    ]
    if rows:
        yield from ("", *table(("parameter", "value"), rows, _MOST))


def _environment(found: dict[str, object]) -> Iterator[str]:
    yield f"Registered with Python {text(found.get('python'))} on {text(found.get('platform'))};"
    yield "every package and its version is in the lineage beside this card."


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
