"""The rule on contracts that no stage keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from nbstage.convert.contracts import FOLDER
from nbstage.convert.stages import StagePlan
from nbstage.model import Level, Place, Problem


def judge_contracts(
    plans: Collection[StagePlan], held: Collection[str], stages: Collection[str]
) -> Iterator[Problem]:
    """The note NBS406. `held` are the paths of all contracts, `stages` those that dvc.yaml has from
    elsewhere.
    """
    known = {plan.name: plan for plan in plans}
    kept = {contract for plan in plans for _, contract in plan.contracts}
    for path in sorted(set(held) - kept):
        stage, _, name = path.removeprefix(f"{FOLDER}/").removesuffix(".yaml").partition("/")
        if stage in known or stage not in stages:
            yield Problem(
                "NBS406",
                f"no stage keeps the contract '{path}': {_why(known.get(stage), stage, name)}",
                Place(path),
                f"move it to where the value is stored now ({FOLDER}/STAGE/NAME.yaml), or delete it.",
                Level.NOTE,
            )


def _why(plan: StagePlan | None, stage: str, name: str) -> str:
    if plan is None:
        return f"there is no stage '{stage}'"
    together = next((one.names for one in plan.outputs if name in one.names), ())
    if together:
        others = " and ".join(f"'{other}'" for other in together if other != name)
        return f"'{name}' shares what is changed with {others}, so they are stored in one file"
    return f"stage '{stage}' stores no '{name}'"
