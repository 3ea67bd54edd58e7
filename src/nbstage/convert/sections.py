"""Where a notebook's parameters stand in params.yaml: at the top, or in a section of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from nbstage.model import Parameter


def key_of(parameter: Parameter) -> str:
    """A parameter's key as DVC writes it: `seed`, or `explore.seed` in the section `explore`."""
    return in_section(parameter.section, parameter.name)


def in_section(section: str, name: str) -> str:
    """The key of a name in a section; "" is the top of the file."""
    return f"{section}.{name}" if section else name


def section_of(key: str) -> str:
    """The section that a key stands in."""
    return key.rpartition(".")[0]


def held_in(held: Mapping[str, object], section: str) -> Mapping[str, object]:
    """The values of a section; nothing where there is no such mapping."""
    if not section:
        return held
    found = held.get(section)
    return found if isinstance(found, dict) else {}


def values_of(
    held: Mapping[str, object], parameters: Iterable[Parameter], before: Collection[str]
) -> dict[str, object]:
    """The values that params.yaml has for a notebook's parameters, by their names, where it has
    them; `before` are the sections they stood in when the notebook was last converted.
    """
    found: dict[str, object] = {}
    for parameter in parameters:
        for section in (parameter.section, *_others(parameter, before)):
            inside = held_in(held, section)
            if parameter.name in inside:
                found[parameter.name] = inside[parameter.name]
                break
    return found


def moves_of(
    held: Mapping[str, object], parameters: Iterable[Parameter], before: Collection[str]
) -> dict[str, str]:
    """For keys that params.yaml lacks those that held their values until the section changed."""
    moves: dict[str, str] = {}
    for parameter in parameters:
        if parameter.name in held_in(held, parameter.section):
            continue
        for section in _others(parameter, before):
            if parameter.name in held_in(held, section):
                moves[key_of(parameter)] = in_section(section, parameter.name)
                break
    return moves


def _others(parameter: Parameter, before: Collection[str]) -> list[str]:
    return [section for section in sorted(before) if section != parameter.section]
