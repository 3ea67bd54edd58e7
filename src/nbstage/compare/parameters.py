"""Parameter files of two versions -> the values that differ."""

from __future__ import annotations

import json

from nbstage.compare.files import reason, text_of
from nbstage.compare.nested import leaves, parse
from nbstage.compare.nouns import Parameter, Side


def parameter_files(side: Side) -> tuple[str, ...]:
    """The files that hold parameters: params.yaml, and those that stages name."""
    named = (key.rpartition(":")[0] for stage in side.locked.stages for key in stage.params)
    return tuple(dict.fromkeys(("params.yaml", *named)))


def compare_parameters(
    old: Side | None, new: Side
) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """The parameters that differ, and what could not be read. None without a baseline."""
    if old is None:
        return (), ()
    notes: list[str] = []
    found: list[Parameter] = []
    for path in dict.fromkeys((*parameter_files(new), *parameter_files(old))):
        before, now = (_values(side, path, notes) for side in (old, new))
        found += [
            Parameter(path, name, before.get(name), now.get(name))
            for name in dict.fromkeys((*now, *before))
            if before.get(name) != now.get(name)
        ]
    return tuple(found), tuple(notes)


def _values(side: Side, path: str, notes: list[str]) -> dict[str, str]:
    try:
        values = leaves(parse(text_of(side, path), path), dict)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        notes.append(f"parameters '{path}' of {side.name} can't be read: {reason(error)}")
        return {}
    return {name: _text(value) for name, value in values.items() if name}


def _text(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return str(value)
