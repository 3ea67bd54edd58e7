"""dvc.lock, written after each stage at the price of one stage.

DVC reads and writes all of the file for each stage. Here the text of each entry is made once, by
DVC's own code, and the file is put together from those. A file for which that doesn't give what
is there (somebody's comments, another order) is left to DVC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.repro.inside.files import dumped, replace_text

if TYPE_CHECKING:
    from dvc.stage import Stage

_HEAD = "schema: '2.0'\nstages:\n"
_STAGES = "stages:\n"
#: Longer lines are folded: that such a text is read and written as it is has to be tried.
_SHORT = 72
#: Names, paths, hashes and whole numbers have one way to be written; not so fractions and dates.
_VALUE = r"(?:[A-Za-z_/'\"].*|\.\.?/.*|[0-9a-f]{32}(?:\.dir)?|0|-?[1-9][0-9]{0,17})"
_PLAIN = re.compile(rf" *(?:- )?(?:[\w./-]+:(?: {_VALUE})?|{_VALUE})")


@dataclass
class _Lock:
    """A dvc.lock: its text as it was last seen, its entries, and whether they make the text."""

    text: str
    entries: dict[str, str]
    simple: bool
    #: The places of the entries that are new, and so come in DVC's order after all others.
    new: dict[str, int] = field(default_factory=dict)


class Locks:
    """All dvc.lock files of a project, for one reproduction.

    `place` is each stage's place in DVC's order: new entries stand in that order, whichever
    stage was first to end.
    """

    def __init__(self, place: Mapping[Stage, int]) -> None:
        self._place = place
        self._known: dict[Path, _Lock] = {}
        self._held_back: dict[int, Stage] = {}

    def write(self, stage: Stage) -> None:
        """Write a stage's entry, as `stage.dump(update_pipeline=False)` does."""
        name = getattr(stage, "name", None)
        if name is None:
            stage.dump(update_pipeline=False)
            return
        path = Path(stage.dvcfile.path).with_suffix(".lock")
        lock = self._read(path)
        entry = _entry_of(stage) if lock.simple else ""
        if not lock.simple or not _is_stable(entry):
            lock.simple = False
            self._held_back[self._place[stage]] = stage
            return
        if name not in lock.entries or name in lock.new:
            lock.new[name] = self._place[stage]
        if lock.entries.get(name) != entry:
            stage.repo.scm_context.track_file(stage.dvcfile._lockfile.relpath)
        lock.entries[name] = entry
        _replace(path, lock, Path(stage.repo.tmp_dir))

    @property
    def is_behind(self) -> bool:
        """Whether entries wait for `settle`."""
        return bool(self._held_back)

    def settle(self, before: int) -> None:
        """Let DVC write what was left to it, of the stages that stand before a place."""
        for place in sorted(place for place in self._held_back if place < before):
            stage = self._held_back.pop(place)
            stage.dump(update_pipeline=False)

    def _read(self, path: Path) -> _Lock:
        """The file as it is now; a command that ran may have written to it."""
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
        known = self._known.get(path)
        if known is None or (known.simple and known.text != text):
            entries = _entries_of(text)
            simple = entries is not None
            known = self._known[path] = _Lock(text, entries or {}, simple)
        return known


def _replace(path: Path, lock: _Lock, through: Path) -> None:
    old = [text for name, text in lock.entries.items() if name not in lock.new]
    new = [lock.entries[name] for name in sorted(lock.new, key=lambda name: lock.new[name])]
    text = _joined([*old, *new])
    if text != lock.text:
        replace_text(path, text, through)
        lock.text = text


def _joined(entries: Iterable[str]) -> str:
    return _HEAD + "".join(entries)


def _entries_of(text: str) -> dict[str, str] | None:
    """The text of each entry; None where the file is more than these."""
    from dvc.utils.serialize import ParseError, parse_yaml

    if not text:
        return {}
    if not text.startswith(_HEAD):
        return None
    try:
        data = parse_yaml(text, "dvc.lock")
    except ParseError:
        return None
    stages = data.get("stages")
    if not isinstance(stages, dict) or not all(isinstance(name, str) for name in stages):
        return None
    entries = {name: _entry_text({name: value}) for name, value in stages.items()}
    if _joined(entries.values()) != text or not all(map(_is_stable, entries.values())):
        return None
    return entries


def _entry_of(stage: Stage) -> str:
    from dvc.stage.serialize import to_lockfile

    # Two stages may hold the very same list of parameters: that must not become an alias.
    return _entry_text(deepcopy(to_lockfile(stage)))


def _entry_text(entry: Mapping[str, object]) -> str:
    return dumped({"stages": entry}).removeprefix(_STAGES)


def _is_stable(entry: str) -> bool:
    """Whether DVC leaves an entry as it is when it writes the next one."""
    lines = entry.rstrip("\n").split("\n")
    if all(len(line) < _SHORT and _PLAIN.fullmatch(line) for line in lines):
        return True
    from dvc.utils.serialize import parse_yaml_for_update

    text = _STAGES + entry
    return dumped(parse_yaml_for_update(text, "dvc.lock")) == text
