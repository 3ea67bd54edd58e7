"""Rules on the pipeline as a whole, the user's own stages and other notebooks' included: what DVC
would refuse, and modules that two notebooks share.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import PurePosixPath

from nbstage.convert.order import find_circle, find_cycle
from nbstage.convert.paths import from_root
from nbstage.convert.rules.notebook import Converted
from nbstage.convert.rules.prefix import other_prefix
from nbstage.convert.shared import FOLDER
from nbstage.model import File, Pipeline, Place, PlannedStage, Problem

_OWN = ("nbstage", "pipeline")


@dataclass(frozen=True, slots=True)
class Part:
    """A notebook with its part of the pipeline. In `folders` lie modules that its code imports."""

    converted: Converted
    pipeline: Pipeline
    folders: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        return self.converted.notebook.path


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands beside the notebooks that are converted.

    `beside` are the project's other notebooks, as far as they can be read; `stages` those that
    dvc.yaml keeps: of other notebooks, and (`notebook` empty) the user's own. `modules` are texts
    of generated modules as they stand.
    """

    beside: tuple[Part, ...] = ()
    stages: tuple[PlannedStage, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)


def judge_together(
    parts: tuple[Part, ...], around: Surroundings, tracked: Collection[str]
) -> Iterator[Problem]:
    """NBS118, NBS211, NBS240 and NBS404, as far as they go beyond one notebook's code.

    `tracked` are outputs that a .dvc file of their own tracks.
    """
    yield from _modules(parts, around)
    yield from _own_names(parts)
    yield from _tracked(parts, tracked)
    yield from _files(parts, around)
    yield from _circle(parts, around)


def made_by(stage: PlannedStage) -> tuple[str, ...]:
    """All that DVC takes for outputs of a stage."""
    saved = (artifact.path for artifact in stage.outputs)
    return (*stage.outs, *saved, *stage.metrics, *(plot.path for plot in stage.plots))


def _modules(parts: tuple[Part, ...], around: Surroundings) -> Iterator[Problem]:
    """A module of helpers is shared by all notebooks that make it."""
    texts: dict[str, tuple[str, str]] = {}
    for part in (*around.beside, *parts):
        for file in _shared(part):
            other, text = texts.setdefault(file.path, (part.path, file.text))
            if other != part.path and part in parts and not _alike(text, file.text):
                yield _two_definitions(part, file.path, other)
    read = {part.path for part in (*around.beside, *parts)}
    for stage in around.stages:
        if stage.notebook and stage.notebook not in read:
            yield from _overwritten(parts, stage, around.modules)


def _own_names(parts: tuple[Part, ...]) -> Iterator[Problem]:
    """A module beside the notebook that is called like one that every stage imports."""
    for part in parts:
        files = {path for stage in part.pipeline.stages for path in stage.deps}
        for folder, name in product(sorted(part.folders), _OWN):
            for path in sorted(files & {f"{folder}/{name}.py", f"{folder}/{name}/__init__.py"}):
                yield Problem(
                    "NBS404",
                    f"'{path}' is in the way: the modules of the pipeline import '{name}' too, and mean another",
                    Place(part.path),
                    f"rename the module, for example to 'my_{name}'.",
                )


def _shared(part: Part) -> Iterator[File]:
    return (file for file in part.pipeline.modules if file.path.startswith(f"{FOLDER}/"))


def _overwritten(
    parts: tuple[Part, ...], stage: PlannedStage, modules: Mapping[str, str]
) -> Iterator[Problem]:
    """A stage of a notebook that can't be read now keeps the modules it has."""
    for part in parts:
        for file in _shared(part):
            held = modules.get(file.path)
            if file.path in stage.deps and held is not None and not _alike(held, file.text):
                yield _two_definitions(part, file.path, stage.notebook)


def _alike(one: str, other: str) -> bool:
    """Whether two modules do the same, whatever their comments say."""
    if one == other:
        return True
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


def _two_definitions(part: Part, path: str, other: str) -> Problem:
    converted = part.converted
    unit = next(
        module.units[0] for module in converted.shared.modules.values() if module.path == path
    )
    name = min(converted.program.units[unit].effects.binds)
    return Problem(
        "NBS118",
        f"'{name}' is defined differently in '{other}'",
        converted.place(unit),
        f"rename one of them, put '{name}' into a module that both notebooks import, "
        + other_prefix(converted),
    )


def _tracked(parts: tuple[Part, ...], tracked: Collection[str]) -> Iterator[Problem]:
    for part in parts:
        for stage in part.pipeline.stages:
            for path in stage.outs:
                if path in tracked:
                    yield Problem(
                        "NBS240",
                        f"stage '{stage.name}' writes '{path}', which '{path}.dvc' tracks as data of yours",
                        _place(part, stage, path),
                        f"write to another file, or let the stage have it: `dvc remove {path}.dvc`.",
                    )


def _files(parts: tuple[Part, ...], around: Surroundings) -> Iterator[Problem]:
    """DVC refuses two outputs at one place, and one inside another."""
    owners: dict[str, PlannedStage] = {}
    inside: dict[str, str] = {}
    foreign = [*around.stages, *(stage for part in around.beside for stage in part.pipeline.stages)]
    for stage in foreign:
        for path in made_by(stage):
            _enter(owners, inside, path, stage)
    for part in parts:
        for stage in part.pipeline.stages:
            for path in made_by(stage):
                if (other := _overlap(owners, inside, path)) and not _told(owners, path, stage):
                    yield _two_makers(part, stage, path, other, owners[other])
                _enter(owners, inside, path, stage)


def _enter(
    owners: dict[str, PlannedStage], inside: dict[str, str], path: str, stage: PlannedStage
) -> None:
    owners.setdefault(path, stage)
    for parent in PurePosixPath(path).parents:
        inside.setdefault(str(parent), path)


def _overlap(owners: Mapping[str, PlannedStage], inside: Mapping[str, str], path: str) -> str:
    """The output that is at the path, holds it, or lies in it."""
    above = [path, *map(str, PurePosixPath(path).parents)]
    return next((other for other in above if other in owners), inside.get(path, ""))


def _told(owners: Mapping[str, PlannedStage], path: str, stage: PlannedStage) -> bool:
    """Whether other rules report it: two stages of a notebook write just this file, or two
    notebooks have a stage of one name.
    """
    other = owners.get(path)
    if other is None or other is stage:
        return False
    return other.notebook == stage.notebook or other.name == stage.name


def _two_makers(
    part: Part, stage: PlannedStage, path: str, other: str, owner: PlannedStage
) -> Problem:
    whose = "it" if owner is stage else f"stage '{owner.name}'{_of(owner, stage)}"
    if owner is stage and path == other:
        message = f"stage '{stage.name}' writes '{path}' in its code, but nbstage writes that file"
    elif path == other:
        message = f"stage '{stage.name}' writes '{path}', and {whose} does too"
    else:
        inner, outer = (path, other) if path.startswith(f"{other}/") else (other, path)
        message = f"stage '{stage.name}' writes '{path}', and {whose} makes '{other}'"
        message += f": '{inner}' would lie in '{outer}'"
    return Problem(
        "NBS240",
        f"{message}; DVC lets one stage make a file",
        _place(part, stage, path, other if owner is stage else path),
        "write to another file or folder.",
    )


def _of(owner: PlannedStage, stage: PlannedStage) -> str:
    if owner.notebook == stage.notebook:
        return ""
    return f" of '{owner.notebook}'" if owner.notebook else " of your own"


def _place(part: Part, stage: PlannedStage, *paths: str) -> Place:
    """Where the code writes one of the paths, or else where the stage begins."""
    converted = part.converted
    workdir = next((plan.workdir for plan in converted.plans), ".")
    for index in converted.flow.stages[stage.name].units:
        for use in converted.program.units[index].effects.files:
            if use.mode != "r" and from_root(use.path, workdir) in paths:
                return converted.place(index, use.site)
    return converted.place(converted.flow.stages[stage.name].units[0])


def _circle(parts: tuple[Part, ...], around: Surroundings) -> Iterator[Problem]:
    """Files may tie stages of several notebooks, and of the user's, into a circle."""
    if any(find_cycle(part.converted.flow, part.converted.plans) for part in parts):
        return  # told already
    stages = {stage.name: stage for part in parts for stage in part.pipeline.stages}
    everything = {**{stage.name: stage for stage in around.stages}, **stages}
    makers = {path: stage.name for stage in everything.values() for path in made_by(stage)}
    waits = {name: _needs(stage, makers) for name, stage in everything.items()}
    circle = find_circle(waits)
    first = next((name for name in stages if name in circle), None)
    if first is None:
        return
    at = circle.index(first)
    part = next(part for part in parts if part.path == stages[first].notebook)
    shown = " -> ".join(f"'{name}'" for name in (*circle[at:], *circle[: at + 1]))
    yield Problem(
        "NBS211",
        f"stages wait for each other through the files they read and write: {shown}",
        _place(part, stages[first]),
        "write to another file, or move the code that writes it to a stage of its own.",
    )


def _needs(stage: PlannedStage, makers: Mapping[str, str]) -> tuple[str, ...]:
    """The stages that make what a stage reads, or something in it."""
    read = [*stage.deps, *(artifact.path for artifact in stage.inputs)]
    above = [str(path) for one in read for path in (one, *PurePosixPath(one).parents)]
    below = [path for path in makers for one in read if path.startswith(f"{one}/")]
    found = dict.fromkeys(makers[path] for path in (*above, *below) if path in makers)
    return tuple(name for name in found if name != stage.name)
