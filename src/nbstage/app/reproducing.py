"""What traces know of the stages that are to be reproduced."""

from __future__ import annotations

from pathlib import Path

from nbstage.app.notebooks import convert_all
from nbstage.config import read_config
from nbstage.errors import UserError
from nbstage.page.view import traced
from nbstage.project import find_notebooks


def traced_peaks(root: Path) -> dict[str, float]:
    """The most memory in MB that each stage of the notebooks had in its last trace; none where
    there is no notebook that can be converted.
    """
    try:
        config = read_config(root)
        found, _ = convert_all(root, config, find_notebooks(root, config))
    except UserError:
        return {}
    peaks: dict[str, float] = {}
    for converted, _ in found:
        for plan in converted.plans:
            cells = traced(plan.name, converted.blocks, converted.program.facts)
            peaks[plan.name] = max((cell.peak_mb for cell in cells), default=0.0)
    return peaks
