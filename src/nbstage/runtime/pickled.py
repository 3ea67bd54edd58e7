# ruff: noqa: PTH123 - pathlib would double what importing the runtime takes
"""Values as pickles that another process can read: a later stage, a notebook, a service.

Plain pickle where it can; functions and classes that no import finds (lambdas, those made inside a
stage) by their code, through cloudpickle. What a stage run by `python -m pipeline.train` defines is
called `pipeline.train.X` and not `__main__.X`. The same value gives the same bytes in any process.
"""

from __future__ import annotations

import importlib
import io
import pickle
import sys
import types

from nbstage.runtime.ordered import ordered, ordered_copy
from nbstage.runtime.plotly_figures import is_figure, stored
from nbstage.runtime.random_state import is_shared, shared_generator
from nbstage.runtime.sources import sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    Reduced = tuple[object, ...]

# What writing, reading and comparing a value may raise on account of the value. An object decides
# itself how it is stored, so this is long. Without OSError: a full disk is no property of a value.
REFUSALS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
    pickle.PickleError,
)
PROTOCOL = 5


def write_pickle(value: object, path: str) -> None:
    """Write `value` to the file `path`; raises one of `REFUSALS` where it can't be pickled."""
    seen = Seen(value)
    with open(path, "w+b") as file:
        try:
            _Plain(file, seen).dump(value)
            ordered_copy(file, lambda copy: _InOrder(copy, seen).dump(value))
        except RecursionError:
            raise  # by value it is as deep
        except REFUSALS:
            file.seek(0)
            file.truncate()
            file.write(_by_value(value, seen))
        # Part of the file to DVC and nothing to pickle: a stage that uses the value runs again once
        # the code of its class has changed, though not one attribute of the value has.
        file.write(sources(seen.modules))


def read_pickle(file: BinaryIO) -> object:
    """The value in an open file; joblib's files are read by joblib."""
    try:
        return _Reader(file).load()
    except _MadeByJoblib:
        file.seek(0)
        return importlib.import_module("joblib").load(file)


class Seen:
    """What is known of a value before it is pickled, and what turns up on the way."""

    def __init__(self, value: object) -> None:
        self.modules: set[str] = set()
        self.classes: list[type] = []
        self.views: dict[int, Reduced] = {}
        # A value holds arrays only if something imported numpy.
        self.array: object = getattr(sys.modules.get("numpy"), "ndarray", None)
        if self.array is not None:
            from nbstage.runtime.arrays import shared_views

            self.views = shared_views(value)


def reduced(value: object, seen: Seen) -> Any:
    """How to store a value where that is not pickle's own way, else NotImplemented."""
    # Any: pickle wants a tuple or NotImplemented, whose type has no name.
    kind = type(value)
    if kind is seen.array:
        return _array(value, seen)
    if isinstance(value, types.ModuleType):
        return _module(value, seen)
    if isinstance(value, (type, types.FunctionType)):
        return _named(value, seen)
    if kind.__name__ == "RandomState" and is_shared(value):
        return shared_generator, ()
    if is_figure(value):
        return stored(value)
    if isinstance(value, io.IOBase) and kind not in (io.BytesIO, io.StringIO):
        raise pickle.PicklingError("an open file")  # cloudpickle would make a copy of its text
    return NotImplemented


def _array(value: Any, seen: Seen) -> Any:
    from nbstage.runtime.arrays import stored_as_it_lies

    return seen.views.get(id(value)) or stored_as_it_lies(value) or NotImplemented


def _module(value: types.ModuleType, seen: Seen) -> Any:
    """A module by its name, if an import gives this very module."""
    name = home() if value.__name__ == "__main__" else value.__name__
    if name is None or sys.modules.get(name) is not value:
        return NotImplemented
    seen.modules.add(name)
    return importlib.import_module, (name,)


def _named(value: type | types.FunctionType, seen: Seen) -> Any:
    """A class or function of the running module by that module's real name."""
    if value.__module__ != "__main__":
        seen.modules.add(value.__module__ or "")
        return NotImplemented
    outer, _, name = value.__qualname__.rpartition(".")
    owner: object = sys.modules["__main__"]
    for step in filter(None, outer.split(".")):
        owner = getattr(owner, step, None)
    if home() is None or getattr(owner, name, None) is not value:
        return NotImplemented
    seen.modules.add(home() or "")
    return getattr, (owner, name)


def home() -> str | None:
    """The name by which others import the running module; None for a script or an interpreter."""
    main = sys.modules.get("__main__")
    name: str | None = getattr(getattr(main, "__spec__", None), "name", None)
    if main is None or name is None or name.rpartition(".")[2] == "__main__":
        return None
    # Reading a value back, to check it, must find these classes and not run the module again.
    sys.modules.setdefault(name, main)
    return name


class _Plain(pickle.Pickler):
    """Pickle in C; refuses what only the running process knows."""

    def __init__(self, file: BinaryIO, seen: Seen) -> None:
        super().__init__(file, PROTOCOL)
        self.seen = seen

    def reducer_override(self, value: object) -> Any:
        found = reduced(value, self.seen)
        code = isinstance(value, (type, types.FunctionType))
        if found is NotImplemented and code and value.__module__ == "__main__":
            raise pickle.PicklingError("only the running process knows it")
        return found


# Pickle in Python asks `reducer_override` about sets too; the one in C does not.
class _InOrder(pickle._Pickler):
    """Pickle with the elements of sets in an order that the hash seed has no say in."""

    def __init__(self, file: BinaryIO, seen: Seen) -> None:
        super().__init__(file, PROTOCOL)
        self.seen = seen

    def reducer_override(self, value: object) -> Any:
        if type(value) is set or type(value) is frozenset:
            return type(value), (ordered(value),)
        return reduced(value, self.seen)


class _MadeByJoblib(Exception):
    """The file holds arrays in joblib's way, between the parts of the pickle."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "joblib.numpy_pickle":
            raise _MadeByJoblib
        return super().find_class(module, name)


def _by_value(value: object, seen: Seen) -> bytes:
    from nbstage.runtime.by_value import by_value

    return by_value(value, seen, reduced)
