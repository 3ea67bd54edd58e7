"""Rules on modules beside the notebook: what they keep between calls ends with their stage."""

from __future__ import annotations

from collections.abc import Iterator

from nbstage.convert.rules.notebook import Converted, kept
from nbstage.model import Problem


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS210, where one stage changes what a module keeps and another goes on with it."""
    changed: dict[tuple[str, str], str] = {}
    told: set[tuple[str, str]] = set()
    for unit in converted.program.units if converted.states else ():
        if not unit.stage or not kept(unit):
            continue
        for path in sorted(unit.effects.paths & set(converted.states)):
            module, keeps = path.rpartition(".")[0], converted.states[path]
            for name in sorted(keeps.uses):
                before = changed.get((module, name), unit.stage)
                if before != unit.stage and (unit.stage, path) not in told:
                    told.add((unit.stage, path))
                    yield Problem(
                        "NBS210",
                        f"stage '{unit.stage}' goes on with '{module}.{name}', which stage '{before}' "
                        "has changed: each stage imports the module anew",
                        converted.place(unit.index),
                        f"let '{path.rpartition('.')[2]}' take '{name}' as an argument and give it "
                        "back, or use it in one stage only.",
                    )
            changed.update({(module, name): unit.stage for name in keeps.changes})
