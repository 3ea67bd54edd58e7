"""Rules on files: DVC has to see who makes a file before who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.convert.effects.nouns import Site
from nbstage.convert.flow import makes_anew
from nbstage.convert.paths import from_root, outside
from nbstage.convert.rules.notebook import Converted, kept
from nbstage.convert.units import Unit
from nbstage.model import Level, Problem


@dataclass(frozen=True, slots=True)
class _Use:
    path: str
    mode: str
    unit: Unit
    site: Site
    surely: bool


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS240 to NBS245 and the note NBS306."""
    yield from _folders_made_anew(converted)
    uses = list(_uses(converted))
    for path in dict.fromkeys(use.path for use in uses):
        of_path = [use for use in uses if use.path == path]
        yield from _judge(
            converted,
            [use for use in of_path if use.mode != "r"],
            [use for use in of_path if use.mode == "r"],
        )


def _folders_made_anew(converted: Converted) -> Iterator[Problem]:
    """`os.mkdir` works once; a stage runs again and again. After `shutil.rmtree` it works."""
    acted: set[str] = set()
    for unit in converted.program.units:
        if not kept(unit):
            continue
        if unit.effects.acts and unit.stage:
            acted.add(unit.stage)
        call = makes_anew(unit)
        if call is not None and unit.stage not in acted:
            yield Problem(
                "NBS245",
                "this fails where the folder is there already, and it is when a stage runs again",
                converted.place(unit.index, call),
                "let it be there: `exist_ok=True` (`os.makedirs` and `Path.mkdir` take it).",
            )


def _uses(converted: Converted) -> Iterator[_Use]:
    workdir = converted.plans[0].workdir if converted.plans else "."
    for unit in converted.program.units:
        for use in unit.effects.files:
            yield _Use(from_root(use.path, workdir), use.mode, unit, use.site, use.surely)


def _judge(converted: Converted, writes: list[_Use], reads: list[_Use]) -> Iterator[Problem]:
    stages = list(dict.fromkeys(use.unit.stage for use in writes if use.unit.stage))
    if len(stages) > 1:
        yield _problem(
            converted,
            next(use for use in writes if use.unit.stage == stages[1]),
            "NBS240",
            "stages '{0}' and '{1}' both write '{path}'; DVC lets one stage make a file",
            "write to two files, or in one stage.",
            stages,
        )
    for write in writes:
        yield from _order(converted, write, reads)
        if write.unit.stage and not write.surely:
            yield _problem(
                converted,
                write,
                "NBS306",
                "'{path}' is perhaps not written every time, so DVC does not track it as an output",
                "write it every time, outside of `if` and loops.",
                level=Level.NOTE,
            )
        if write.unit.stage and outside(write.path):
            yield _problem(
                converted,
                write,
                "NBS244",
                "'{path}' lies outside of the project, where DVC can't keep it",
                "write into the project, for example to `../data/`.",
                level=Level.NOTE,
            )


def _order(converted: Converted, write: _Use, reads: list[_Use]) -> Iterator[Problem]:
    for read in reads:
        if not read.unit.stage:
            continue
        if not kept(write.unit) and write.unit.index < read.unit.index:
            message = "stage '{0}' reads '{path}', which cell {cell} writes, and that cell is no part of the pipeline"
            hint = "tag that cell with a stage, or keep the file as data and take the cell out."
            yield _problem(
                converted,
                read,
                "NBS243",
                message,
                hint,
                [read.unit.stage],
                write.unit.block.cell.number,
            )
        if not write.unit.stage:
            continue
        if read.unit.stage == write.unit.stage:
            if read.unit.index <= write.unit.index and not _written_before(read, write):
                message = "stage '{0}' reads '{path}' and then overwrites it: a second run would not read the same"
                yield _problem(
                    converted, write, "NBS242", message, "write to another file.", [read.unit.stage]
                )
        elif read.unit.index < write.unit.index:
            message = "stage '{0}' reads '{path}', which stage '{1}' writes only later"
            stages = [read.unit.stage, write.unit.stage]
            yield _problem(
                converted,
                read,
                "NBS241",
                message,
                "write to another file, or read it after it is made.",
                stages,
            )


def _written_before(read: _Use, write: _Use) -> bool:
    return read.unit.index == write.unit.index and read.mode == "r" and write.mode == "a"


def _problem(
    converted: Converted,
    use: _Use,
    code: str,
    message: str,
    hint: str,
    stages: list[str] | None = None,
    cell: int = 0,
    level: Level = Level.ERROR,
) -> Problem:
    text = message.format(*(stages or ()), path=use.path, cell=cell)
    return Problem(code, text, converted.place(use.unit.index, use.site), hint, level)
