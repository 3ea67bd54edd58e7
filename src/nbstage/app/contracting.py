"""Contracts of the tables that stages have stored: inferred, written, never lost."""

from __future__ import annotations

import importlib.util
from difflib import unified_diff
from pathlib import Path

from nbstage.app.notebooks import convert_all, has_error
from nbstage.config import read_config
from nbstage.contracts.infer import infer, why_not
from nbstage.contracts.nouns import Did, LeftOut, Written
from nbstage.contracts.text import as_yaml, lines_of
from nbstage.convert import disk
from nbstage.convert.contracts import contract_of
from nbstage.convert.flow import Flow, value_of
from nbstage.convert.render.dvc_yaml import stages_of
from nbstage.errors import UserError
from nbstage.model import Action, Artifact, Change
from nbstage.project import find_notebooks
from nbstage.runtime import StageError, load
from nbstage.runtime.contract import parse_contract


def contract(
    root: Path, names: tuple[str, ...], *, update: bool = False
) -> tuple[Written | LeftOut, ...]:
    """Write a contract for each of the named tables (all that are stored, if none is named).

    `names` are artifacts' paths or `STAGE.NAME`. A contract that is there stays, unless `update`.
    """
    if importlib.util.find_spec("pandera") is None:
        raise UserError("contracts need pandera", "pip install 'nbstage[contracts]'")
    stored = _stored(root)
    chosen = [_named(name, list(stored)) for name in names]
    there = [one for one, table in stored.items() if table and (root / one.path).exists()]
    if not names and not there:
        raise UserError("no table is stored yet", "run `dvc repro` first.")
    done = tuple(_one(root, artifact, update=update) for artifact in chosen or there)
    disk.apply(root, tuple(change for _, change in done if change is not None))
    return tuple(told for told, _ in done)


def _stored(root: Path) -> dict[Artifact, bool]:
    """What the project's stages store in files of their own, and whether that is known to be a
    table.
    """
    config = read_config(root)
    converted = stages_of(disk.read_text(root, "dvc.yaml"))
    paths = tuple(path for path in converted if (root / path).exists())
    found, problems = convert_all(root, config, paths or find_notebooks(root, config))
    if has_error(problems):
        raise UserError("a notebook can't be converted", "`nbstage check` says what to mend.")
    return {
        artifact: artifact.path.endswith(".parquet") or _is_table(converted.flow, artifact)
        for converted, _ in found
        for plan in converted.plans
        for artifact in plan.outputs
        if contract_of(artifact)
    }


def _is_table(flow: Flow, artifact: Artifact) -> bool:
    name = artifact.names[0]
    value = value_of(flow, name, flow.stages[artifact.stage].outputs[name])
    return value is not None and value.type == "pandas.DataFrame"


def _named(name: str, stored: list[Artifact]) -> Artifact:
    for one in stored:
        if name in (one.path, f"{one.stage}.{one.names[0]}"):
            return one
    known = ", ".join(f"{one.stage}.{one.names[0]}" for one in stored) or "nothing"
    raise UserError(f"no stage stores '{name}' in a file of its own", f"stored so: {known}.")


def _one(
    root: Path, artifact: Artifact, *, update: bool
) -> tuple[Written | LeftOut, Change | None]:
    table = _table(root, artifact)
    if why := why_not(table):
        return LeftOut(artifact.path, why), None
    path, wanted = contract_of(artifact), infer(table)
    text = as_yaml(wanted, artifact.stage, artifact.names[0])
    size, before = len(wanted.columns), disk.read_text(root, path)
    if before is None:
        told = Written(path, artifact.path, Did.CREATED, size)
        return told, Change(path, Action.CREATE, "", text)
    held, faults = parse_contract(before)
    if faults and not update:
        listed = "; ".join(faults)
        raise UserError(
            f"'{path}' is no contract: {listed}", "mend it, or write it anew: --update."
        )
    if held == wanted and not faults:
        return Written(path, artifact.path, Did.SAME, size), None
    names = f"{path} (as it is)", f"{path} (from the table)"
    diff = tuple(unified_diff(lines_of(held), lines_of(wanted), *names, lineterm="", n=1))
    if not update:
        return Written(path, artifact.path, Did.KEPT, size, diff), None
    told = Written(path, artifact.path, Did.UPDATED, size, diff)
    return told, Change(path, Action.UPDATE, before, text)


def _table(root: Path, artifact: Artifact) -> object:
    try:
        table: object = load(str(root / artifact.path))
    except StageError as error:
        raise UserError(error.message, "a contract is made from a stored table.") from None
    return table
