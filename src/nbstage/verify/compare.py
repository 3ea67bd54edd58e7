"""What two runs left behind -> findings. The comparing itself is done in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbstage.convert.artifacts import RANDOM_NAMES
from nbstage.verify.nouns import Failed, Finding, Kind, Tolerance, Verdict, Wanted


@dataclass(frozen=True, slots=True)
class Side:
    """Where a run took place, what files it wrote, and the folder with the values kept of it; None
    for the pipeline, which stores its values itself.
    """

    root: Path
    written: frozenset[str]
    values: Path | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be compared, or the metrics or plot tables of a stage, which are told apart
    later. `mine` and `yours` are files, or files by name.
    """

    stage: str
    kind: Kind
    names: tuple[str, ...]
    mine: str | dict[str, str]
    yours: str | dict[str, str]


def kept_at(values: Path, number: int) -> Path:
    """The file with the value of the wanted thing of this number."""
    return values / f"{number}.pkl"


def items_of(wanted: tuple[Wanted, ...], mine: Side, yours: Side) -> Iterator[Item]:
    """What the stages hand on and show, as both sides have it."""
    rows = list(enumerate(wanted))
    for number, one in rows:
        if one.kind is Kind.VALUE:
            sources = (_value(side, number, one) for side in (mine, yours))
            yield Item(one.stage, one.kind, one.names, *sources)
    for kind in (Kind.METRIC, Kind.TABLE):
        for stage in dict.fromkeys(one.stage for _, one in rows if one.kind is kind):
            group = [(n, one) for n, one in rows if one.kind is kind and one.stage == stage]
            names = tuple(one.names[0] for _, one in group)
            yield Item(stage, kind, names, _shown(mine, group), _shown(yours, group))


def _value(side: Side, number: int, one: Wanted) -> str:
    return str(kept_at(side.values, number) if side.values else side.root / one.path)


def _shown(side: Side, group: list[tuple[int, Wanted]]) -> str | dict[str, str]:
    if side.values:
        return {one.names[0]: str(kept_at(side.values, number)) for number, one in group}
    first = group[0][1]
    if first.kind is Kind.METRIC:
        return str(side.root / first.path)
    return {one.names[0]: str(side.root / one.path / f"{one.names[0]}.csv") for _, one in group}


def file_items(paths: Iterable[tuple[str, str]], mine: Side, yours: Side) -> Iterator[Item]:
    """Files, each a stage and a path, that are there on both sides."""
    for stage, path in paths:
        both = mine.root / path, yours.root / path
        if all(file.is_file() for file in both):
            yield Item(stage, Kind.FILE, (path,), str(both[0]), str(both[1]))


def one_sided(
    paths: Iterable[tuple[str, str]], mine: Side, yours: Side, told: tuple[str, str]
) -> Iterator[Finding]:
    """Files that are there on one side alone; `told` says so of either side."""
    for stage, path in paths:
        there = (mine.root / path).is_file(), (yours.root / path).is_file()
        if there[0] != there[1]:
            detail = told[0] if there[0] else told[1]
            yield Finding(stage, Kind.FILE, path, Verdict.DIFFERS, detail)


def compare(
    items: tuple[Item, ...],
    tolerance: Tolerance,
    folder: Path,
    root: Path,
    environment: Mapping[str, str],
    notebook: str = "",
) -> tuple[Finding, ...] | Failed:
    """Compare each item, in a process that runs in `root` and can import what is there. `notebook`
    is the one whose values are compared, if they are one's.
    """
    request, answer = folder / "request.json", folder / "answer.json"
    asked = [
        {"kind": item.kind.value, "names": item.names, "mine": item.mine, "yours": item.yours}
        for item in items
    ]
    data = {
        "notebook": notebook,
        "rtol": tolerance.rtol,
        "atol": tolerance.atol,
        "items": asked,
    }
    request.write_text(json.dumps(data), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "nbstage.verify.inside", str(request), str(answer)],
        cwd=root,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        return Failed("comparison", "", None, done.stderr.strip() or _ended(done.returncode))
    return tuple(
        _finding(items[found["number"]], found["name"], found["same"], found["detail"])
        for found in json.loads(answer.read_text(encoding="utf-8"))
    )


def _ended(code: int) -> str:
    return f"the process ended with {'signal' if code < 0 else 'exit code'} {abs(code)}"


def _finding(item: Item, name: str, same: bool | None, detail: str) -> Finding:
    verdicts = {True: Verdict.EQUAL, False: Verdict.DIFFERS, None: Verdict.NOT_COMPARED}
    named = name or " + ".join(RANDOM_NAMES.get(each, each) for each in item.names)
    return Finding(item.stage, item.kind, named, verdicts[same], detail)
