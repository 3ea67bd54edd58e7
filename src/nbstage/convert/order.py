"""In which order stages can run."""

from __future__ import annotations

from nbstage.convert.flow import Flow
from nbstage.convert.stages import StagePlan


def edges(flow: Flow, plans: tuple[StagePlan, ...]) -> dict[str, set[str]]:
    """For each stage those it waits for: by values, by files, and by `after:`."""
    found: dict[str, set[str]] = {name: set() for name in flow.stages}
    for source, target, _ in flow.crossings:
        found[target].add(source)
    writers = {path: plan.name for plan in plans for path in plan.writes}
    for plan in plans:
        found[plan.name].update(writers[path] for path in plan.reads if path in writers)
        found[plan.name].update(name for name in plan.after if name in found)
        found[plan.name].discard(plan.name)
    return found


def find_cycle(flow: Flow, plans: tuple[StagePlan, ...]) -> tuple[str, ...]:
    """Stages that wait for each other in a circle, or nothing."""
    waits = edges(flow, plans)
    done: set[str] = set()
    for start in waits:
        path: list[str] = []
        found = _visit(waits, start, path, done)
        if found:
            return found
    return ()


def _visit(
    waits: dict[str, set[str]], name: str, path: list[str], done: set[str]
) -> tuple[str, ...]:
    if name in path:
        return tuple(reversed(path[path.index(name) :]))
    if name in done:
        return ()
    path.append(name)
    for other in sorted(waits[name]):
        found = _visit(waits, other, path, done)
        if found:
            return found
    path.pop()
    done.add(name)
    return ()
