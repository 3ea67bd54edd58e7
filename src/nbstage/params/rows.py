"""A notebook's parameters and the values of params.yaml -> one row for each."""

from __future__ import annotations

from nbstage.convert.blocks import Block, segments
from nbstage.convert.parameters import assigned, find_parameters
from nbstage.convert.sections import key_of
from nbstage.model import PlannedStage, Role
from nbstage.params.nouns import Row


def compare(
    blocks: tuple[Block, ...],
    stages: tuple[PlannedStage, ...],
    held: dict[str, object],
    section: str = "",
) -> tuple[Row, ...]:
    """The parameters in the notebook's order. `held` are their values in params.yaml, by their
    names, and `section` is where it has them.
    """
    cells = {
        assigned(segment.node)[0]: block.cell.number
        for block in blocks
        if block.role is Role.PARAMETERS
        for segment in segments(block)
    }
    return tuple(
        Row(
            parameter.name,
            cells.get(parameter.name, 0),
            parameter.value,
            parameter.name in held,
            held.get(parameter.name),
            tuple(stage.name for stage in stages if key_of(parameter) in stage.params),
            key_of(parameter),
        )
        for parameter in find_parameters(blocks, section)
    )
