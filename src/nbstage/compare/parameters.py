"""Parameter files of two versions -> the values that differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from nbstage.compare.files import reason, text_of
from nbstage.compare.nouns import Parameter, Side
from nbstage.runtime.yaml12 import read_yaml

_DEEPEST, _MOST = 50, 100_000  # YAML's aliases can make more of a few lines than fits anywhere


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
        return dict(islice(_flat("", _parsed(text_of(side, path), path), 0), _MOST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        notes.append(f"parameters '{path}' of {side.name} can't be read: {reason(error)}")
        return {}


def _parsed(text: str, path: str) -> object:
    if path.lower().endswith(".toml"):
        import tomllib

        return tomllib.loads(text)
    return json.loads(text) if path.lower().endswith(".json") else read_yaml(text)


def _flat(name: str, data: object, depth: int) -> Iterator[tuple[str, str]]:
    """Values by dotted names, as text. Lists are one value."""
    if isinstance(data, dict) and data and depth < _DEEPEST:
        for key, item in data.items():
            yield from _flat(f"{name}.{key}" if name else str(key), item, depth + 1)
    elif name:
        yield name, _text(data)


def _text(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return str(value)
