"""Which part of a value can't be stored."""

from __future__ import annotations

import importlib.util
import io
import types

from nbstage.runtime.pickled import REFUSALS, Seen, reduced
from nbstage.runtime.same_plain import kind_name, label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {
    "BufferedRandom": "an open file",
    "BufferedReader": "an open file",
    "BufferedWriter": "an open file",
    "Condition": "a lock",
    "Connection": "a connection",
    "Cursor": "a database cursor",
    "Event": "a lock",
    "FileIO": "an open file",
    "RLock": "a lock",
    "TextIOWrapper": "an open file",
    "async_generator": "a generator",
    "coroutine": "a coroutine",
    "generator": "a generator",
    "lock": "a lock",
    "socket": "a socket",
}


def culprit(value: object) -> str | None:
    """ "['rows'] is a generator": the innermost part that pickle refuses; None if it takes all."""
    if importlib.util.find_spec("cloudpickle") is None or _storable(value):
        return None
    where, seen = "", {id(value)}
    while True:
        for step, part in _parts(value):
            if id(part) not in seen and not _storable(part):
                where, value = where + step, part
                seen.add(id(part))
                break
        else:
            return f"{where or 'it'} is {_in_words(value)}"


def _storable(value: object) -> bool:
    from nbstage.runtime.by_value import by_value

    try:
        by_value(value, Seen(value), reduced)
    except REFUSALS:
        return False
    return True


def _parts(value: object) -> Iterator[tuple[str, object]]:
    match value:
        case dict():
            yield from ((f"[{label(key)}]", part) for key, part in value.items())
        case list() | tuple():
            yield from ((f"[{number}]", part) for number, part in enumerate(value))
        case set() | frozenset():
            yield from (("{...}", part) for part in value)
        case types.FunctionType():
            cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
            yield from ((f", name '{name}'", _content(cell)) for name, cell in cells)
            known = [name for name in value.__code__.co_names if name in value.__globals__]
            yield from ((f", name '{name}'", value.__globals__[name]) for name in known)
        case io.IOBase():
            return
        case _:
            attributes = getattr(value, "__dict__", {})
            yield from ((f".{name}", part) for name, part in list(attributes.items()))


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _in_words(value: object) -> str:
    name = kind_name(value)
    words = WORDS.get(name.rpartition(".")[2])
    return f"{words} ({name})" if words else f"of type {name}, which pickle does not take"
