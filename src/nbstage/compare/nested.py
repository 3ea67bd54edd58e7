"""JSON, YAML and TOML -> the values in them by dotted names."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from itertools import islice

from nbstage.runtime.yaml12 import read_yaml

_DEEPEST, _MOST = 50, 100_000  # YAML's aliases can make more of a few lines than fits anywhere


def parse(text: str, path: str) -> object:
    """What a file holds, by its ending; as DVC does, YAML where it says nothing. Raises ValueError
    if it can't be read.
    """
    ending = posixpath.splitext(path)[1].lower()
    try:
        if ending == ".toml":
            import tomllib

            return tomllib.loads(text)
        return json.loads(text) if ending == ".json" else read_yaml(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def leaves(data: object, opened: type | tuple[type, ...]) -> dict[str, object]:
    """The values in nested data: {"by_age": {"old": 1}} has "by_age.old". `opened` are the kinds of
    containers to look into. The name of a value that is in none is "".
    """
    return dict(islice(_leaves("", data, opened, 0), _MOST))


def _leaves(
    name: str, data: object, opened: type | tuple[type, ...], depth: int
) -> Iterator[tuple[str, object]]:
    if isinstance(data, opened) and isinstance(data, dict | list) and data and depth < _DEEPEST:
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _leaves(f"{name}.{key}" if name else str(key), item, opened, depth + 1)
    else:
        yield name, data
