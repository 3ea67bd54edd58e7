"""A request, as a file of JSON, to an answer: each thing with what was found out about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from nbstage.runtime.same import difference
from nbstage.verify.inside import homes, shown
from nbstage.verify.inside.close import Same, sameness
from nbstage.verify.inside.contents import compare_contents
from nbstage.verify.inside.read import Unreadable, read_value
from nbstage.verify.inside.rows import rows_difference

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: `number` is the request's item, `name` the part of it that was looked at.

    `same` is None where it could not be found out; then `detail` says why.
    """

    number: int
    name: str
    same: bool | None
    detail: str = ""


def main() -> None:
    """Read the request, write the answer. What the user's modules print goes nowhere."""
    request, answer = map(Path, sys.argv[1:])
    # Any: it is JSON that `verify.compare` wrote.
    asked: dict[str, Any] = json.loads(request.read_text(encoding="utf-8"))
    homes.find_classes_of(asked["notebook"])
    same = sameness(asked["rtol"], asked["atol"])
    found = [
        asdict(compared)
        for number, item in enumerate(asked["items"])
        for compared in _compare(number, item, same)
    ]
    answer.write_text(json.dumps(found), encoding="utf-8")


def _compare(number: int, item: dict[str, Any], same: Same) -> Iterator[Compared]:
    mine, yours = item["mine"], item["yours"]
    try:
        match item["kind"]:
            case "value":
                yield _value(number, item["names"], mine, yours, same)
            case "metric":
                found = shown.metrics(mine), shown.metrics(yours)
                yield from _parts(number, *found, partial(difference, same=same))
            case "plot table":
                rows = shown.tables(mine), shown.tables(yours)
                yield from _parts(number, *rows, partial(rows_difference, same=same))
            case _:
                yield Compared(number, "", *compare_contents(Path(mine), Path(yours), same))
    except Unreadable as error:
        yield Compared(number, "", None, str(error))


def _value(number: int, names: list[str], mine: str, yours: str, same: Same) -> Compared:
    found = difference(read_value(mine), read_value(yours), same)
    return Compared(number, "", found is None, _named(found or "", names))


def _named(found: str, names: list[str]) -> str:
    """Of several values in one tuple, the name of the one that differs instead of its place."""
    for number, name in enumerate(names if len(names) > 1 else ()):
        start = f"[{number}]"
        if found.startswith(start):
            return f"{name}{found.removeprefix(start)}"
    return found


def _parts(
    number: int,
    mine: Mapping[str, T],
    yours: Mapping[str, T],
    difference: Callable[[T, T], str | None],
) -> Iterator[Compared]:
    """Each metric or table by its name; what only one side has is a difference."""
    for name in dict.fromkeys((*mine, *yours)):
        if name not in yours:
            yield Compared(number, name, False, "the pipeline doesn't write it")
        elif name not in mine:
            yield Compared(number, name, False, "only the pipeline writes it")
        else:
            found = difference(mine[name], yours[name])
            yield Compared(number, name, found is None, found or "")
