"""What is told of a parameter, and what came of writing values back."""

from __future__ import annotations

from dataclasses import dataclass

from nbstage.model import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter: the notebook's value, the one in params.yaml if `held`, and who uses it; `key`
    is what DVC calls it.
    """

    name: str
    cell: int
    notebook: object
    held: bool = False
    value: object = None
    stages: tuple[str, ...] = ()
    key: str = ""

    @property
    def differs(self) -> bool:
        """Whether params.yaml has another value: other in type, digit or order counts."""
        return self.held and repr(self.value) != repr(self.notebook)


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that can't be written into the notebook, and what to do."""

    name: str
    cell: int
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A notebook's parameters. `written` are those whose values went into the notebook; nothing
    is written if any is refused.
    """

    notebook: str
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    written: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()
