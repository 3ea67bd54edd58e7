# ruff: noqa: PTH108, PTH110, PTH118, PTH123 - as in nbstage.runtime
"""Values on their way out of the kernel: which format holds them, and copies for a comparison."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

from nbstage.recorder.kinds import type_name
from nbstage.recorder.snapshot import Snapshot

_LARGEST = 200_000_000
_TABLES = {"pandas.DataFrame": "parquet", "numpy.ndarray": "npy"}
_PLAIN = frozenset({"int", "float", "bool", "str", "NoneType", "list", "dict"})
_ESTIMATORS = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.", "statsmodels.")
_EXTENSIONS = {
    "parquet": ".parquet",
    "npy": ".npy",
    "npz": ".npz",
    "json": ".json",
    "joblib": ".joblib",
    "pickle": ".pkl",
}


def proven_formats(
    values: Mapping[str, object], names: Iterable[str], seen: Snapshot, folder: str
) -> dict[str, str]:
    """For each of the names the first format that gives its value back as it is, "" if none does.

    Leaves out what is too large to try, and what says in the user's own code how it is stored.
    """
    found: dict[str, str] = {}
    for name in sorted(set(names) & set(values)):
        if seen.sizes.get(name, 0) > _LARGEST or name in seen.stored_by_user:
            continue
        path = os.path.join(folder, "proof")
        tried = _candidates(type_name(values[name]))
        found[name] = next((form for form in tried if _holds(form, values[name], path)), "")
    return found


def _candidates(type: str) -> Iterator[str]:
    if type in _TABLES:
        yield _TABLES[type]
    if type.startswith("scipy.sparse."):
        yield "npz"
    if type in _PLAIN:
        yield "json"
    yield "joblib" if type.startswith(_ESTIMATORS) else "pickle"


def _holds(form: str, value: object, path: str) -> bool:
    from nbstage.runtime.by_value import classes_kept
    from nbstage.runtime.formats import read, writer
    from nbstage.runtime.same import difference

    path += _EXTENSIONS[form]
    _, write = writer(path)
    try:
        write(value, path)
        with classes_kept():
            return difference(value, read(path)) is None
    except Exception:  # a value may raise anything when it is stored or read
        return False
    finally:
        if os.path.exists(path):
            os.unlink(path)


def keep(values: Mapping[str, object], names: tuple[str, ...], path: str) -> None:
    """Save the values of names for a comparison: one as it is, several as a tuple.

    A hidden name such as `<numpy.random>` stands for a generator's state, and UNSET for a name
    that has no value. What can't be saved leaves a file that ends in ".why" and says so.
    """
    from nbstage.runtime import UNSET

    found = tuple(
        _hidden(name) if name.startswith("<") else values.get(name, UNSET) for name in names
    )
    try:
        with open(path, "wb") as file:
            _pickler(file).dump(found[0] if len(found) == 1 else found)
    except Exception as error:  # a value may raise anything when it is stored
        if os.path.exists(path):
            os.unlink(path)
        with open(f"{path}.why", "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{type(error).__name__}: {error}"[:2000])


def _pickler(file: BinaryIO) -> Any:
    import cloudpickle

    from nbstage.runtime.plotly_figures import is_figure, stored

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
        """cloudpickle's, but that a plotly figure keeps its arrays, as where a stage stores it."""

        def reducer_override(self, value: object) -> Any:
            return stored(value) if is_figure(value) else super().reducer_override(value)

    return Pickler(file)


def _hidden(name: str) -> Any:
    from nbstage.runtime import random_state

    sources = {"<numpy.random>": "numpy", "<random>": "random", "<torch.random>": "torch"}
    return random_state(sources[name])


@contextmanager
def nothing_drawn() -> Iterator[None]:
    """Leave the global generators where they are, whatever the work in between draws."""
    import sys

    from nbstage.runtime import random_state, set_random_state

    sources = ["random", *(name for name in ("numpy", "torch") if f"{name}.random" in sys.modules)]
    before = random_state(*sources)
    try:
        yield
    finally:
        set_random_state(before)
