"""Functions and classes stored by their code: lambdas, and what is defined inside a stage."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
import types
from contextlib import contextmanager

from nbstage.runtime.ordered import ordered
from nbstage.runtime.places import from_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from nbstage.runtime.pickled import Seen

OURS = "nbstage:"


# Any in this module: cloudpickle has no types.
def by_value(value: object, seen: Seen, reduced: Callable[[object, Seen], Any]) -> bytes:
    """The pickle of `value`, the same in every process; raises what pickling raises."""
    cloudpickle = _cloudpickle()

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, name-defined]
        """cloudpickle, which asks us first."""

        def reducer_override(self, value: object) -> Any:
            if isinstance(value, types.CodeType):
                placed = value.replace(co_filename=_placed(value.co_filename))
                return _code(self.dispatch_table[types.CodeType](placed))
            found = reduced(value, seen)
            if found is not NotImplemented:
                return found
            if isinstance(value, type):
                seen.classes.append(value)
            return _anywhere(super().reducer_override(value))

    file = io.BytesIO()
    Pickler(file, 5).dump(value)
    return _settled(file.getvalue(), seen.classes, cloudpickle.cloudpickle)


def _cloudpickle() -> Any:
    try:
        import cloudpickle
    except ModuleNotFoundError:
        raise pickle.PicklingError(
            "a function or class that no import finds needs the package cloudpickle"
        ) from None
    return cloudpickle


@contextmanager
def classes_kept() -> Iterator[None]:
    """Leave classes as they are while a value is read that was stored with them.

    Where cloudpickle knows the class already, it gives it anew all that is stored of it: methods
    that are copies, and see copies of the names they use.
    """
    module = sys.modules.get("cloudpickle.cloudpickle")
    known = list(getattr(module, "_DYNAMIC_CLASS_TRACKER_BY_CLASS", ()))
    before = [(kind, dict(vars(kind))) for kind in known if isinstance(kind, type)]
    try:
        yield
    finally:
        for kind, members in before:
            for name, member in members.items():
                if vars(kind).get(name) is not member:
                    type.__setattr__(kind, name, member)


def _anywhere(reduced: Any) -> Any:
    """The parts of a function without the folder that its file is in on this machine."""
    if isinstance(reduced, tuple) and getattr(reduced[0], "__name__", "") == "_make_function":
        names = reduced[1][1]  # a dict that cloudpickle makes for the function
        if isinstance(names, dict) and isinstance(names.get("__file__"), str):
            names["__file__"] = _placed(names["__file__"])
    return reduced


def _placed(path: str) -> str:
    """A path from the project's root; the same object each time, which pickle notices."""
    root = os.path.realpath(from_root("."))
    return sys.intern(path.removeprefix(root + os.sep).replace(os.sep, "/"))


def _code(reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    make, args = reduced
    return make, tuple(_constant(arg) for arg in args)


def _constant(value: object) -> object:
    """`x in {"a", "b"}` keeps a frozenset in the code, whose order follows the hash seed."""
    if isinstance(value, frozenset):
        return _Ordered(value)
    return tuple(map(_constant, value)) if type(value) is tuple else value


class _Ordered:
    """Stored as the frozenset that it stands for."""

    def __init__(self, elements: frozenset[object]) -> None:
        self.elements = elements

    def __reduce__(self) -> tuple[object, ...]:
        return frozenset, (ordered(self.elements),)


def _settled(data: bytes, classes: list[type], module: Any) -> bytes:
    """The pickle with names for its classes that depend on what is in it.

    cloudpickle gives each class a random id, by which a process that reads two files knows that
    they hold one class. Without its tables the ids stay random: a later stage may run for nothing.
    """
    by_class = getattr(module, "_DYNAMIC_CLASS_TRACKER_BY_CLASS", {})
    by_id = getattr(module, "_DYNAMIC_CLASS_TRACKER_BY_ID", {})
    drawn = {kind: by_class[kind] for kind in classes if kind in by_class}
    drawn = {kind: name for kind, name in drawn.items() if not name.startswith(OURS)}
    blank = data
    for number, name in enumerate(drawn.values()):
        blank = blank.replace(name.encode(), b"%032d" % number)
    for number, (kind, name) in enumerate(drawn.items()):
        told = hashlib.sha256(b"%d " % number + blank).hexdigest()
        settled = (OURS + told)[: len(name)]
        data = data.replace(name.encode(), settled.encode())
        by_class[kind] = settled
        by_id[settled] = kind
    return data
