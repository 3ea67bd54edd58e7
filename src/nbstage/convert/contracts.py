"""Contracts of tables: which file says what a stored value has to be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from nbstage.convert.stages import StagePlan
from nbstage.model import Artifact

FOLDER = "contracts"


def contract_of(artifact: Artifact) -> str:
    """Where the contract of a value is, if it has one; "" for values that share a file."""
    names = artifact.names
    return f"{FOLDER}/{artifact.stage}/{names[0]}.yaml" if len(names) == 1 else ""


def with_contracts(plans: tuple[StagePlan, ...], held: Collection[str]) -> tuple[StagePlan, ...]:
    """Let each stage keep those of its contracts that are there; `held` are the paths of all."""
    return tuple(
        replace(
            plan,
            contracts=tuple(
                (artifact.path, contract_of(artifact))
                for artifact in plan.outputs
                if contract_of(artifact) in held
            ),
        )
        for plan in plans
    )
