"""The stages of a project -> the path from a row to its prediction, and the files it needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbstage.bundle.entries import Entries, Entry, name_of
from nbstage.bundle.nouns import Step
from nbstage.serve_settings import ServeSettings

TABLE = "[tool.nbstage.serve] in pyproject.toml"


@dataclass(frozen=True, slots=True)
class Way:
    """The path: its steps, then the file of the estimator, if any. `table` is the artifact that
    rows stand in for, `modules` and `artifacts` are the files that are needed.
    """

    steps: tuple[Step, ...] = ()
    estimator: str = ""
    table: str = ""
    modules: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Search:
    """What has been found wrong so far: all of it is told at once."""

    entries: Entries
    serve: ServeSettings
    tables: frozenset[str]
    faults: list[str] = field(default_factory=list)


def find_path(
    entries: Entries, serve: ServeSettings, model: str, tables: frozenset[str]
) -> tuple[Way, tuple[str, ...]]:
    """The path that tags and settings mark, and all that is wrong with it.

    `model` is the name by which dvc.yaml may declare the model, `tables` are the artifacts that
    hold tables, as far as `looked_into` names them.
    """
    search = _Search(entries, serve, tables)
    stages = _stages(search)
    found = _model(search, model, stages)
    estimator = "" if any(found in stage.takes for stage in stages) else found
    if not stages and not estimator:
        return Way(), tuple(search.faults or [_nothing(entries)])
    steps = _steps(search, stages, has_estimator=bool(estimator))
    table = steps[0].rows if steps else _training_table(search, estimator)
    way = Way(steps, estimator, table, *_files(entries, steps, estimator))
    return way, tuple(search.faults)


def looked_into(entries: Entries, serve: ServeSettings, model: str) -> tuple[str, ...]:
    """The artifacts of which has to be known whether they hold tables."""
    search = _Search(entries, serve, frozenset())
    stages = _stages(search)
    found = {path for stage in stages for path in (*stage.takes, *stage.makes)}
    estimator = _model(search, model, stages)
    maker = entries.maker(estimator) or entries.maker(_joblib(estimator))
    return tuple(sorted(found.union(entries.stages[maker].takes if maker else ())))


def _stages(search: _Search) -> tuple[Entry, ...]:
    """The stages of the path, in the pipeline's order."""
    known, named = search.entries.stages, search.serve.stages
    unknown = [name for name in named if name not in known]
    for name in unknown:
        search.faults.append(
            f"{TABLE} names the stage '{name}', which dvc.yaml has not from a notebook; "
            f"it has {_listed(tuple(known))}"
        )
    chosen = [one for one in known.values() if (one.name in named if named else one.marked)]
    for one in chosen:
        if any(path.endswith(".ipynb") for path in one.modules):
            search.faults.append(
                f"stage '{one.name}' runs as a notebook, which can't be done for each request: "
                "take `executor:notebook` from its cells"
            )
    return tuple(chosen)


def _model(search: _Search, model: str, stages: tuple[Entry, ...]) -> str:
    """The file of the model: told, declared under its name, the only one declared or made."""
    entries, told = search.entries, search.serve.model
    if told:
        known = {path for stage in entries.stages.values() for path in stage.makes}
        if told not in known and not told.endswith(".skops"):
            search.faults.append(f"no stage makes the model '{told}' that {TABLE} names")
            return ""
        return told
    declared = entries.models
    if model in declared:
        return declared[model]
    if len(declared) == 1:
        return next(iter(declared.values()))
    if len(declared) > 1 and not stages:
        search.faults.append(
            f"dvc.yaml declares the models {_listed(tuple(declared))}: say which with "
            f"`model = ...` in {TABLE}"
        )
    return "" if declared else _only_model(entries, stages)


def _only_model(entries: Entries, stages: tuple[Entry, ...]) -> str:
    """The pipeline's model, if it has just one: made after the path, or taken by it."""
    found = [
        path
        for stage in entries.stages.values()
        for path in stage.makes
        if path.endswith((".joblib", ".skops"))
    ]
    if len(found) != 1:
        return ""
    if not stages or found[0] in stages[-1].takes:
        return found[0]
    maker = entries.maker(found[0])
    after = maker is not None and stages[-1].name in entries.before((maker,))
    return found[0] if after and maker != stages[-1].name else ""


def _nothing(entries: Entries) -> str:
    candidates = [
        path
        for stage in entries.stages.values()
        for path in stage.makes
        if path.endswith((".joblib", ".skops", ".pkl"))
    ]
    example = candidates[0] if candidates else "artifacts/train/model.joblib"
    return (
        "nothing says how a row becomes a prediction: give the cells of the stages that it goes "
        f'through the tag `predict`, or name the model: model = "{example}" in {TABLE}'
    )


def _steps(search: _Search, stages: tuple[Entry, ...], *, has_estimator: bool) -> tuple[Step, ...]:
    rows = [_rows(search, stages, number) for number in range(len(stages))]
    steps = []
    for number, stage in enumerate(stages):
        following = rows[number + 1] if number + 1 < len(stages) else None
        gives = _gives(search, stage, following, last_of_all=not has_estimator)
        steps.append(Step(stage.name, stage.takes, rows[number], gives))
    return tuple(steps)


def _rows(search: _Search, stages: tuple[Entry, ...], number: int) -> str:
    """The artifact of a stage that the rows stand in for: what an earlier step gives, or what was
    made of that since (a split); for the first step, the table that enters it.
    """
    stage = stages[number]
    earlier = {one.name for one in stages[:number]}
    told = search.serve.input if number == 0 else ""
    candidates = [path for path in stage.takes if path in search.tables or name_of(path) == told]
    if told:
        candidates = [path for path in candidates if name_of(path) == told]
    if earlier:
        made = [path for path in candidates if search.entries.maker(path) in earlier]
        candidates = made or [path for path in candidates if _comes_after(search, path, earlier)]
    if len(candidates) == 1:
        return candidates[0]
    what = "what the stage before it gives" if earlier else "the rows to predict"
    if candidates:
        names = _listed(tuple(map(name_of, candidates)))
        ask = "split the stage, or mark others" if earlier else f"write `input = ...` in {TABLE}"
        search.faults.append(f"stage '{stage.name}' takes {names}: which are {what}? {ask}")
    else:
        told = f" '{told}'" if told else ""
        search.faults.append(
            f"stage '{stage.name}' takes no table{told} that could be {what}: "
            f"it takes {_listed(tuple(map(name_of, stage.takes)))}"
        )
    return ""


def _comes_after(search: _Search, path: str, earlier: set[str]) -> bool:
    maker = search.entries.maker(path)
    return maker is not None and bool(earlier & {*search.entries.before((maker,))})


def _gives(search: _Search, stage: Entry, following: str | None, *, last_of_all: bool) -> str:
    """The artifact of a stage that goes on: to the next step, to the estimator, or as the output"""
    told = search.serve.output
    if following in stage.makes:
        return following or ""
    candidates = [*stage.makes]
    if following is None and told:
        candidates = [path for path in candidates if name_of(path) == told]
    elif len(candidates) > 1 and (following is not None or not last_of_all):
        candidates = [path for path in candidates if path in search.tables]
    if len(candidates) == 1:
        return candidates[0]
    makes = _listed(tuple(map(name_of, stage.makes))) if stage.makes else "nothing for later stages"
    ask = f"write `output = ...` in {TABLE}" if following is None else "split the stage"
    if not stage.makes:
        ask = "let a later cell, tagged as another stage, use the predictions"
    search.faults.append(f"stage '{stage.name}' hands on {makes}: which goes on? {ask}")
    return ""


def _training_table(search: _Search, estimator: str) -> str:
    """The table that the estimator was fitted on."""
    maker = search.entries.maker(estimator) or search.entries.maker(_joblib(estimator))
    takes = search.entries.stages[maker].takes if maker else ()
    told = search.serve.input
    tables = [one for one in takes if one in search.tables and told in ("", name_of(one))]
    if told and not tables:
        every = [path for one in search.entries.stages.values() for path in one.makes]
        tables = [path for path in every if name_of(path) == told]
    if len(tables) == 1:
        return tables[0]
    search.faults.append(
        f"the table that '{estimator}' was fitted on can't be told: the stage that makes it takes "
        f"{_listed(tuple(map(name_of, takes)))}; write `input = ...` in {TABLE}"
    )
    return ""


def _joblib(path: str) -> str:
    return path.removesuffix(".skops") + ".joblib"


def _files(
    entries: Entries, steps: tuple[Step, ...], estimator: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modules that the path may import, those of what made its artifacts too, and the
    artifacts that it loads.
    """
    loaded = {path for step in steps for path in step.takes if path != step.rows}
    loaded |= {estimator} - {""}
    makers = {entries.maker(path) or entries.maker(_joblib(path)) for path in loaded} - {None}
    stages = {*(step.stage for step in steps), *(name for name in makers if name)}
    needed = entries.before(tuple(stages))
    modules = {
        path for name in needed for path in entries.stages[name].modules if path.endswith(".py")
    }
    return tuple(sorted(modules)), tuple(sorted(loaded))


def _listed(names: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted or ["none"])
