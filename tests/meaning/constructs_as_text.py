"""The one-construct notebooks in `constructs/`: a file for each family, made to be read.

    ==== equal: what it is about
    # %% tags=["stage:make"]
    ...
    ---- data/x.csv
    a file of the project

A construct that does not yet come out as it should says so on the next line: `!!!! failed: why`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.meaning.harness import Case

FOLDER = Path(__file__).with_name("constructs")
_SERVED_BY_IPYTHON = re.compile(
    r"(?m)^(?:%|!|\w+ = !|\w+\?$|async (?:for|with) )|^[^#\n]*\bawait get"
)


@dataclass(frozen=True, slots=True)
class Construct:
    """A notebook, what must come of it (`Outcome.word`), and why it does not yet, if so."""

    family: str
    title: str
    expected: str
    case: Case
    lacking: str = ""


def constructs() -> tuple[Construct, ...]:
    """All constructs, family by family."""
    return tuple(
        _construct(path.stem, part)
        for path in sorted(FOLDER.glob("*.txt"))
        for part in path.read_text(encoding="utf-8").split("==== ")[1:]
    )


def _construct(family: str, part: str) -> Construct:
    head, _, body = part.partition("\n")
    expected, _, title = head.partition(": ")
    lacking = ""
    if body.startswith("!!!! "):
        first, _, body = body.partition("\n")
        lacking = first.removeprefix("!!!! ")
    text, *files = body.split("---- ")
    beside = dict(file.split("\n", 1) for file in files)
    case = Case(text, beside, ipython=_SERVED_BY_IPYTHON.search(text) is not None)
    return Construct(family, title, expected, case, lacking)
