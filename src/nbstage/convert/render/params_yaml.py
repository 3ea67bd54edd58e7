"""Parameters and the existing params.yaml -> its new text: keys are ours, values the user's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbstage.convert.render.params_edits import NO_MOVES, Moves, edits_of, expected
from nbstage.convert.sections import held_in, key_of
from nbstage.convert.yaml.blocks import splice
from nbstage.convert.yaml.read import Document, read
from nbstage.convert.yaml.write import is_plain_data
from nbstage.model import Parameter, Place, Problem

PATH = "params.yaml"


def render_params_yaml(
    parameters: tuple[Parameter, ...], existing: str | None, moves: Moves = NO_MOVES
) -> str | tuple[Problem, ...]:
    """The new text of params.yaml: keys it lacks are added with the notebook's value and comment,
    or with the value and the lines of the key they had before.

    Nothing else changes: a value is the user's once it is there, and so is a key that no notebook
    has. Problems: NBS401 (not readable, or not editable by lines), NBS405 (no value for YAML).
    """
    document = _read(existing)
    if isinstance(document, Problem):
        return (document,)
    held = document.data if isinstance(document.data, dict) else {}
    problems = tuple(_sections_in_the_way(parameters, held))
    new = tuple(one for one in parameters if one.name not in held_in(held, one.section))
    problems += tuple(
        _not_plain(one)
        for one in new
        if key_of(one) not in moves.sources and not is_plain_data(one.value)
    )
    if problems or not new:
        return problems or document.text
    edits = edits_of(document, new, moves)
    text = splice(document, edits) if edits is not None else document.text
    if repr(read_params(text)) != repr(_named(expected(held, new, moves))):
        return (_not_by_lines(),)
    return text


def read_params(existing: str | None) -> dict[str, object] | tuple[Problem, ...]:
    """The keys and values of params.yaml as DVC reads them."""
    document = _read(existing)
    if isinstance(document, Problem):
        return (document,)
    return _named(document.data) if isinstance(document.data, dict) else {}


def _named(held: Mapping[object, object]) -> dict[str, object]:
    return {key: value for key, value in held.items() if isinstance(key, str)}


def _read(existing: str | None) -> Document | Problem:
    document = read(existing or "", PATH)
    if isinstance(document, Problem) or document.data is None or isinstance(document.data, dict):
        return document
    hint = "write it as `key: value` lines."
    return Problem("NBS401", f"'{PATH}' is not a mapping", Place(PATH), hint)


def _sections_in_the_way(
    parameters: tuple[Parameter, ...], held: Mapping[str, object]
) -> Iterator[Problem]:
    for section in dict.fromkeys(one.section for one in parameters if one.section):
        if not isinstance(held.get(section) or {}, dict):
            message = f"'{section}' in '{PATH}' is a value: no place for the parameters of the "
            message += f"notebook with the prefix '{section}'"
            hint = f"rename the key '{section}', or choose another prefix in "
            hint += "[tool.nbstage.prefixes]."
            yield Problem("NBS401", message, Place(PATH), hint)


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
