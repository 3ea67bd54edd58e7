"""Stages that must run after others: by a tag, or for files whose paths the code doesn't tell."""

from __future__ import annotations

from nbstage.convert.effects import Effects
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.flow import Flow
from nbstage.convert.units import Unit


def order_by_files(flow: Flow) -> dict[str, frozenset[str]]:
    """For each stage those it runs after without taking a value from them."""
    units = [unit for unit in flow.program.units if unit.stage]
    writers = [unit for unit in units if _writes(unit.effects)]
    found: dict[str, set[str]] = {name: set(stage.follows) for name, stage in flow.stages.items()}
    for unit in units:
        found[unit.stage].update(unit.block.label.after)
        if writers and _reads(unit.effects):
            found[unit.stage].update(_left_by(writers, unit))
    return {name: frozenset(others - {name}) for name, others in found.items()}


def _left_by(writers: list[Unit], reader: Unit) -> set[str]:
    """The stages before that leave files behind which this statement may find."""
    return {
        writer.stage
        for writer in writers
        if writer.index < reader.index and (_hides(writer.effects) or _looks(reader.effects))
    }


def _writes(effects: Effects) -> bool:
    return _hides(effects) or any(use.mode != "r" for use in effects.files)


def _hides(effects: Effects) -> bool:
    """Whether files may be written that DVC is not told of."""
    unsure = any(not use.surely and use.mode != "r" for use in effects.files)
    return effects.acts or unsure or _path_unknown(effects, "wa")


def _reads(effects: Effects) -> bool:
    return _looks(effects) or any(use.mode == "r" for use in effects.files)


def _looks(effects: Effects) -> bool:
    return effects.looks or effects.acts or _path_unknown(effects, "r")


def _path_unknown(effects: Effects, modes: str) -> bool:
    return any(mark.kind is Oddity.NO_PATH and mark.detail in modes for mark in effects.marks)
