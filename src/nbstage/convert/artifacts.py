"""The files in which values travel from stage to stage."""

from __future__ import annotations

from nbstage.convert.flow import Flow, StageFlow, value_of
from nbstage.convert.formats import extension
from nbstage.convert.paths import free_path
from nbstage.model import Artifact, Config

#: Random states travel like variables; these are their names in generated code.
RANDOM_NAMES = {
    "<numpy.random>": "numpy_random_state",
    "<random>": "python_random_state",
    "<torch.random>": "torch_random_state",
}


RANDOM_SOURCES = {"<numpy.random>": "numpy", "<random>": "random", "<torch.random>": "torch"}


def artifacts_of(flow: Flow, stage: StageFlow, config: Config) -> tuple[Artifact, ...]:
    """What a stage hands on: one file for each name, one for several that have to stay together."""
    groups: list[set[str]] = []
    for bundle in (*stage.bundles, *({name} for name in stage.outputs)):
        merged = set(bundle) & set(stage.outputs)
        rest = []
        for group in groups:
            if group & merged:
                merged |= group
            else:
                rest.append(group)
        groups = [*rest, merged] if merged else rest
    found = [tuple(sorted(group)) for group in groups]
    taken: set[str] = set()
    return tuple(
        Artifact(stage.name, names, _path(flow, stage, names, config, taken))
        for names in sorted(found)
    )


def _path(
    flow: Flow, stage: StageFlow, names: tuple[str, ...], config: Config, taken: set[str]
) -> str:
    stem = "+".join(RANDOM_NAMES.get(name, name) for name in names)
    ending = _ending(flow, stage, names, config)
    return free_path(f"artifacts/{stage.name}", stem, ending, taken)


def _ending(flow: Flow, stage: StageFlow, names: tuple[str, ...], config: Config) -> str:
    if len(names) > 1:
        return ".pkl"
    value = value_of(flow, names[0], stage.outputs[names[0]])
    declared = config.formats.get(f"{stage.name}.{names[0]}") or config.formats.get(names[0])
    seen = seen_format(flow, stage.name, names[0])
    unset = names[0] in stage.unset
    type = "" if unset or value is None else value.type
    return extension(type, declared, seen, safe=config.safe)


def seen_format(flow: Flow, stage: str, name: str) -> str | None:
    """The format that held a value of the stage exactly in a traced run, "" if none did; None if
    that is not known.
    """
    program = flow.program
    cells = dict.fromkeys(
        program.units[index].block.cell.number for index in reversed(flow.stages[stage].units)
    )
    facts = (program.facts[cell] for cell in cells if cell in program.facts)
    return next((found.formats[name] for found in facts if name in found.formats), None)


def inputs_of(stage: StageFlow, artifacts: dict[str, tuple[Artifact, ...]]) -> tuple[Artifact, ...]:
    found = {
        artifact
        for name, crossing in stage.inputs.items()
        for artifact in artifacts[crossing.source]
        if name in artifact.names
    }
    # Bundles last: `f(*load(...), load(...))` is more than mypy can follow.
    return tuple(sorted(found, key=lambda artifact: (len(artifact.names) > 1, artifact.path)))
