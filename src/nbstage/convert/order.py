"""In which order stages can run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nbstage.convert.flow import Flow
from nbstage.convert.stages import StagePlan


def edges(flow: Flow, plans: tuple[StagePlan, ...]) -> dict[str, set[str]]:
    """For each stage those it waits for: by values, by files, and by `after:`."""
    found: dict[str, set[str]] = {name: set() for name in flow.stages}
    for source, target, _ in flow.crossings:
        if target in found:  # a check waits, and nothing waits for it
            found[target].add(source)
    writers = {path: plan.name for plan in plans for path in plan.writes}
    for plan in plans:
        found[plan.name].update(writers[path] for path in plan.reads if path in writers)
        found[plan.name].update(name for name in plan.after if name in found)
        found[plan.name].discard(plan.name)
    return found


def find_cycle(flow: Flow, plans: tuple[StagePlan, ...]) -> tuple[str, ...]:
    """Stages that wait for each other in a circle, or nothing."""
    return find_circle({name: sorted(waits) for name, waits in edges(flow, plans).items()})


def find_circle(waits: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Names of which each waits for the one before it, and the first for the last; or nothing."""
    done: set[str] = set()
    for start in waits:
        todo = [(start, iter(waits[start]))] if start not in done else []
        while todo:
            name, others = todo[-1]
            path = [entered for entered, _ in todo]
            other = next(others, None)
            if other is None:
                done.add(name)
                todo.pop()
            elif other in path:
                return tuple(reversed(path[path.index(other) :]))
            elif other not in done:
                todo.append((other, iter(waits[other])))
    return ()
