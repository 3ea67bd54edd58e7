"""What becomes of iterators that are gone through."""

from __future__ import annotations

from collections.abc import Iterable

from nbstage.convert.effects.machine import Machine, change
from nbstage.convert.effects.values import Obj, closure

#: The types of what is used up as it is gone through.
USED_UP = frozenset({"iterator", "pairs", "file"})


def use_up(machine: Machine, objs: Iterable[Obj]) -> None:
    """Report that the objects are gone through, as far as they are iterators, or may be.

    `zip(xs, ys)` does nothing to what it gives. A `map`, or a generator, may do anything to what it
    holds; but what a `map` of this very statement does was reported as it was made.
    """
    plain = machine.effects.iterators
    running = [obj for obj in objs if obj.type in ("", *USED_UP)]
    inner = closure(running, lambda obj: obj.kin if obj.type == "pairs" or obj in plain else ())
    passed = {obj for obj in inner if obj.type == "pairs" or obj in plain}
    change(machine, passed, deep=False)
    change(machine, [obj for obj in inner - passed if obj.type in ("", *USED_UP)])
