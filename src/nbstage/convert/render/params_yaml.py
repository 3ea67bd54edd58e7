"""Parameters and the existing params.yaml -> its new text: keys are ours, values the user's."""

from __future__ import annotations

from nbstage.convert.yaml.blocks import Edit, splice, value_span, whole
from nbstage.convert.yaml.read import Document, read
from nbstage.convert.yaml.write import Style, entry_lines, is_plain_data
from nbstage.model import Parameter, Place, Problem

PATH = "params.yaml"
_STYLE = Style(short_lists=True)


def render_params_yaml(
    parameters: tuple[Parameter, ...], existing: str | None
) -> str | tuple[Problem, ...]:
    """The new text of params.yaml: keys it lacks are added with the notebook's value and comment.

    Nothing else changes: a value is the user's once it is there, and so is a key that no notebook
    has. Problems: NBS401 (not readable, or not editable by lines), NBS405 (no value for YAML).
    """
    document = _read(existing)
    if isinstance(document, Problem):
        return (document,)
    held = document.data if isinstance(document.data, dict) else {}
    new = tuple(parameter for parameter in parameters if parameter.name not in held)
    problems = tuple(
        _not_plain(parameter) for parameter in new if not is_plain_data(parameter.value)
    )
    if problems or not new:
        return problems or document.text
    text = splice(document, _additions(document, new))
    expected = held | {parameter.name: parameter.value for parameter in new}
    if repr(read_params(text)) != repr(expected):
        return (_not_by_lines(),)
    return text


def read_params(existing: str | None) -> dict[str, object] | tuple[Problem, ...]:
    """The keys and values of params.yaml as DVC reads them."""
    document = _read(existing)
    if isinstance(document, Problem):
        return (document,)
    held = document.data if isinstance(document.data, dict) else {}
    return {key: value for key, value in held.items() if isinstance(key, str)}


def _read(existing: str | None) -> Document | Problem:
    document = read(existing or "", PATH)
    if isinstance(document, Problem) or document.data is None or isinstance(document.data, dict):
        return document
    hint = "write it as `key: value` lines."
    return Problem("NBS401", f"'{PATH}' is not a mapping", Place(PATH), hint)


def _additions(document: Document, new: tuple[Parameter, ...]) -> list[Edit]:
    end = len(document.lines)
    lines = [line for parameter in new for line in _lines(parameter)]
    root = whole(document) if document.data == {} else None
    braces = value_span(document, root) if root else None
    emptied = [Edit(braces[0], braces[0] + 1)] if braces else []
    return [*emptied, Edit(end, end, tuple(lines))]


def _lines(parameter: Parameter) -> list[str]:
    comments = [line for text in parameter.comment for line in text.splitlines() or [""]]
    return [
        *(_comment(line) for line in comments),
        *entry_lines(parameter.name, parameter.value, 0, _STYLE),
    ]


def _comment(line: str) -> str:
    text = "".join(
        char if char.isprintable() or char == "\t" else "\ufffd" for char in line
    ).strip()
    return text if text.startswith("#") else f"# {text}".rstrip()


def _not_plain(parameter: Parameter) -> Problem:
    name, kind = parameter.name, type(parameter.value).__name__
    message = f"parameter '{name}' has a value that params.yaml can't hold exactly (type '{kind}')"
    hint = f"make '{name}' of numbers, text, bools, None, lists and dicts, or no parameter."
    return Problem("NBS405", message, Place(PATH), hint)


def _not_by_lines() -> Problem:
    message = (
        f"'{PATH}' is written in a way that keys can't be added to without touching the rest of it"
    )
    return Problem(
        "NBS401", message, Place(PATH), "write each key on a line of its own, without `{}`."
    )
