"""Which names lead to one changeable object, or to one piece of memory."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Mapping

from nbstage.recorder.content import Look, Span
from nbstage.recorder.kinds import Owners


def share(looks: Mapping[str, Look], owners: Owners) -> list[list[str]]:
    """Groups of names that share something changeable, directly or through a third name."""
    groups = {name: {name} for name in looks}
    for one, other in (*_by_object(looks, owners), *_by_memory(looks)):
        if groups[one] is not groups[other]:
            groups[one] |= groups[other]
            for name in groups[other]:
                groups[name] = groups[one]
    found = {id(group): sorted(group) for group in groups.values() if len(group) > 1}
    return sorted(found.values())


def _by_object(looks: Mapping[str, Look], owners: Owners) -> Iterator[tuple[str, str]]:
    first: dict[int, str] = {}
    pairs: dict[tuple[str, str], list[int]] = {}
    for name, look in looks.items():
        for member in look.members:
            holder = first.setdefault(member, name)
            if holder != name:
                pairs.setdefault((holder, name), []).append(member)
    if pairs:
        own = _kept_by_libraries(owners)
        yield from (pair for pair, members in pairs.items() if not own.issuperset(members))


def _kept_by_libraries(owners: Owners) -> set[int]:
    """What stands in a library's module anyway, such as an empty marker or a registry."""
    main = sys.modules["__main__"]  # which multiprocessing knows by a second name
    return {
        id(value)
        for name, module in list(sys.modules.items())
        if type(module) is types.ModuleType and module is not main and not owners.owns(name)
        for value in list(vars(module).values())
    }


def _by_memory(looks: Mapping[str, Look]) -> Iterator[tuple[str, str]]:
    spans = sorted(
        ((span, name) for name, look in looks.items() for span in look.spans),
        key=lambda item: (item[0].low, item[0].high),
    )
    reach: list[tuple[Span, str]] = []
    for span, name in spans:
        reach = [item for item in reach if item[0].high > span.low]
        yield from (
            (other, name)
            for earlier, other in _last_of_each(reach)
            if other != name and not (earlier.framed and span.framed)
        )
        reach.append((span, name))


def _last_of_each(items: Iterable[tuple[Span, str]]) -> Iterable[tuple[Span, str]]:
    """One entry for each name and kind: a thousand views of one array are looked at once."""
    return {(name, span.framed): (span, name) for span, name in items}.values()
