# ruff: noqa: PTH118 - what the recorder does itself stays small
"""What happens before and after each cell: look, compare, write a line of facts."""

from __future__ import annotations

import gc
import json
import os
import time
import traceback
from dataclasses import dataclass, field
from typing import Any

from nbstage.recorder import drawings, files, memory, names, network, proof, random_state, snapshot
from nbstage.recorder.activity import Watch
from nbstage.recorder.kinds import Owners

MARK = "nbstage-"


@dataclass(frozen=True, slots=True)
class Orders:
    """What the recorder is asked for: where to write, and what to do after which cell."""

    root: str
    folder: str
    parameters: dict[str, object] = field(default_factory=dict)
    parameters_cell: int = 0
    shown_in: frozenset[int] = frozenset()
    formats: dict[int, tuple[str, ...]] = field(default_factory=dict)
    keep: dict[int, tuple[tuple[tuple[str, ...], str], ...]] = field(default_factory=dict)


class Recorder:
    """What is known between two cells."""

    def __init__(self, shell: Any, orders: Orders, watch: Watch, owners: Owners) -> None:
        # Any: IPython's shell has no types.
        self.shell = shell
        self.orders = orders
        self.watch = watch
        self.owners = owners
        self.places = files.Places(orders.root, orders.folder, owners)
        self.snapshot = snapshot.Snapshot()
        self.stamps: dict[str, files.Stamp] = {}
        self.random: dict[str, Any] = {}
        self.seeded: set[str] = set()
        self.began = 0.0
        self.figures = 0
        self.drew = False

    def before_cell(self, info: Any) -> None:
        """Begin to watch, if it is a cell of the notebook and not one that a cell runs."""
        if _number(info) == 0:
            return
        if not self.random:
            self.snapshot = snapshot.take(self._values(), self.owners)
            self.stamps = files.stamps(self.places.root, self.orders.shown_in)
        self.random = random_state.take()
        memory.reset_peak()
        self.drew = drawings.open_figures() > 0
        self.watch.fresh()
        self.began = time.perf_counter()
        self.watch.active = True

    def cell_ended(self) -> None:
        """Count the figures, before Jupyter shows and closes them."""
        self.figures = drawings.open_figures()

    def after_cell(self, result: Any) -> None:
        """Write what the cell did; then do what is asked for after it."""
        number = _number(getattr(result, "info", None))
        if number == 0:
            return
        self.watch.active = False
        collecting = gc.isenabled()
        gc.disable()  # when the notebook's own garbage goes is not to depend on the recorder
        try:
            line = self._facts(number, result)
        except Exception:  # a defect of the recorder must not end the notebook
            line = {"cell": number, "defect": traceback.format_exc()}
        finally:
            if collecting:
                gc.enable()
        _append(os.path.join(self.orders.folder, "facts.jsonl"), line)

    def _facts(self, number: int, result: Any) -> dict[str, object]:
        seconds, peak = time.perf_counter() - self.began, memory.peak_mb()
        tree = names.parse(self._plain_python(result.info))
        error = result.error_before_exec or result.error_in_exec
        after = random_state.take()
        seeds = random_state.seeds(tree, self.random, after)
        drawn = random_state.moved(self.random, after, seeds)
        if names.only_defines(tree):  # some libraries draw a number when they are imported
            drawn = [name for name in drawn if name in self.seeded]
        self.seeded |= seeds
        facts: dict[str, object] = {
            "cell": number,
            "seconds": round(seconds, 3),
            "peak_mb": round(peak, 1),
            "raised": type(error).__name__ if error is not None else "",
            "figures": self.figures,
            "seeds": sorted(seeds),
            "draws": drawn,
        }
        facts |= self._world()
        self._assign(number)
        values = self._values()
        self._wishes(number, values)
        seen = snapshot.take(values, self.owners)
        facts |= snapshot.changes(
            self.snapshot, seen, tree, values, ended=error is None, drew=self.drew
        )
        self.snapshot = seen
        facts["formats"] = self._formats(number, values, seen)
        return facts

    def _plain_python(self, info: Any) -> str:
        found = getattr(info, "transformed_cell", None)  # not there before IPython 9.16
        try:
            return str(found or self.shell.transform_cell(info.raw_cell))
        except SyntaxError:
            return ""

    def _values(self) -> dict[str, object]:
        return names.own_names(self.shell.user_ns, self.shell.user_ns_hidden)

    def _world(self) -> dict[str, object]:
        seen = self.watch.fresh()
        stamps = files.stamps(self.places.root, self.orders.shown_in)
        used = files.sort_out(seen.files, self.stamps, stamps, self.places)
        self.stamps = stamps
        read = seen.variables
        return {
            "reads": used.reads,
            "writes": used.writes,
            "lists": used.lists,
            "processes": sorted(set(seen.programs) - network.NOISE),
            "network": network.hosts(seen.asked, seen.reached),
            # `dict(os.environ)` reads all there are, and asks for none.
            "environment": [] if read.issuperset(os.environ) else sorted(read),
        }

    def _assign(self, number: int) -> None:
        if number != self.orders.parameters_cell:
            return
        for name, value in self.orders.parameters.items():
            if name not in self.shell.user_ns or not _same_plain(self.shell.user_ns[name], value):
                self.shell.user_ns[name] = value

    def _wishes(self, number: int, values: dict[str, object]) -> None:
        wishes = self.orders.keep.get(number, ())
        if wishes:
            with proof.nothing_drawn():
                for wanted, path in wishes:
                    proof.keep(values, wanted, path)

    def _formats(
        self, number: int, values: dict[str, object], seen: snapshot.Snapshot
    ) -> dict[str, str]:
        wanted = self.orders.formats.get(number, ())
        if not wanted:
            return {}
        with proof.nothing_drawn():
            return proof.proven_formats(values, wanted, seen, self.orders.folder)


def _number(info: Any) -> int:
    """The cell's number in the notebook; 0 for code that a cell runs through IPython."""
    mark = getattr(info, "cell_id", None)
    is_ours = isinstance(mark, str) and mark.startswith(MARK)
    return int(str(mark).removeprefix(MARK)) if is_ours else 0


def _same_plain(one: object, other: object) -> bool:
    """Whether two values are the same plain data, types and order of keys included."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return type(one) is dict and _same_plain(list(one.items()), list(other.items()))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        same = type(one) in (list, tuple) and len(one) == len(other)
        return same and all(map(_same_plain, one, other))
    return type(one) in (int, float, str, bool, type(None)) and repr(one) == repr(other)


def _append(path: str, line: dict[str, object]) -> None:
    # Not with `open`: notebooks put something of their own in its place.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, json.dumps(line).encode() + b"\n")
    finally:
        os.close(file)
