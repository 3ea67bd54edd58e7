"""Functions and classes stored by their code: lambdas, and what is defined inside a stage."""

from __future__ import annotations

import hashlib
import io
import pickle
import types

from nbstage.runtime.ordered import ordered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nbstage.runtime.pickled import Seen

OURS = "nbstage:"


# Any in this module: cloudpickle has no types.
def by_value(value: object, seen: Seen, reduced: Callable[[object, Seen], Any]) -> bytes:
    """The pickle of `value`, the same in every process; raises what pickling raises."""
    try:
        import cloudpickle
    except ModuleNotFoundError:
        raise pickle.PicklingError(
            "a function or class that no import finds needs the package cloudpickle"
        ) from None

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        """cloudpickle, which asks us first."""

        def reducer_override(self, value: object) -> Any:
            if isinstance(value, types.CodeType):
                return _code(self.dispatch_table[types.CodeType](value))
            found = reduced(value, seen)
            if found is NotImplemented and isinstance(value, type):
                seen.classes.append(value)
            return super().reducer_override(value) if found is NotImplemented else found

    file = io.BytesIO()
    Pickler(file, 5).dump(value)
    return _settled(file.getvalue(), seen.classes, cloudpickle.cloudpickle)


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
