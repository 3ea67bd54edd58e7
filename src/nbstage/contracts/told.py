"""What became of contracts, as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbstage.contracts.nouns import Did, LeftOut, Written
from nbstage.report.data import Plain
from nbstage.report.plain import make_line

Done = tuple[Written | LeftOut, ...]


def as_text(done: Done) -> str:
    """A line for each contract, and below it how a kept one differs from the table."""
    return "\n".join(line for one in done for line in _lines(one))


def _lines(one: Written | LeftOut) -> Iterator[str]:
    if isinstance(one, LeftOut):
        yield f"skip    {make_line(one.artifact)}: {make_line(one.why)}"
        return
    columns = f"{one.columns} column{'' if one.columns == 1 else 's'}"
    said = {
        Did.CREATED: columns,
        Did.UPDATED: f"{columns}, as in the table that is stored now",
        Did.KEPT: "it says otherwise than the table that is stored now",
        Did.SAME: "as the table that is stored now",
    }[one.did]
    word = "keep" if one.did is Did.SAME else one.did.value
    yield f"{word:<6}  {make_line(one.path)}: {said}"
    yield from (f"          {make_line(line)}" for line in one.diff)


def as_data(done: Done) -> Plain:
    """The same for a machine."""
    return {"contracts": _written(done), "left_out": _left_out(done)}


def _written(done: Iterable[Written | LeftOut]) -> list[Plain]:
    return [
        {
            "path": one.path,
            "artifact": one.artifact,
            "did": one.did.value,
            "columns": one.columns,
            "diff": list(one.diff),
        }
        for one in done
        if isinstance(one, Written)
    ]


def _left_out(done: Iterable[Written | LeftOut]) -> list[Plain]:
    return [{"artifact": one.artifact, "why": one.why} for one in done if isinstance(one, LeftOut)]
