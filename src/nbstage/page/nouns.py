"""What the page tells: the stages with what is known of them, and the files as they lie there."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbstage.model import Cell, Pipeline, PlannedStage, Problem


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A look into a file: a table's first rows, a text's first lines, a picture, or why there is
    none. `size` is None where no file is; `numbers` are those in a JSON file, with their names.
    """

    path: str
    size: int | None = None
    about: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    text: str = ""
    image: str = ""
    numbers: tuple[tuple[str, int | float], ...] = ()


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage with its cells, what a trace says of them, and the problems found in them.

    `seconds` and `peak_mb` are None where no trace holds for all of its cells. In the drawing
    `below` stands under the name in place of the cells' number, `kind` is a class for its look.
    """

    stage: PlannedStage
    cells: tuple[Cell, ...] = ()
    seconds: float | None = None
    peak_mb: float | None = None
    problems: tuple[Problem, ...] = ()
    below: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """All that the page tells. `held` has the values of params.yaml by DVC's keys, `glimpses` the
    files by path; `members` lists the files of a folder among them.
    """

    notebook: str
    pipeline: Pipeline
    stages: tuple[StageView, ...] = ()
    problems: tuple[Problem, ...] = ()
    held: dict[str, object] = field(default_factory=dict)
    glimpses: dict[str, Glimpse] = field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
