"""Look up what is known of a library's functions and methods; what is not known may do anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from nbstage.convert.known import tables

_BUILTIN: dict[str, type] = {"list": list, "dict": dict, "set": set}
_DATA = ("pandas.DataFrame", "pandas.Series", "pandas", "numpy.ndarray", "data")
#: Methods of containers, which no table or array has.
GROWS = frozenset(
    {
        "append",
        "extend",
        "add",
        "discard",
        "setdefault",
        "popitem",
        "remove",
        "clear",
        "reverse",
        "write",
    }
)
_ESTIMATORS = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.", "statsmodels.")


@dataclass(frozen=True, slots=True)
class Known:
    """What a call does.

    See `tables` for the meaning of each field; `reads` and `writes` count arguments, -1 is the
    object itself.
    """

    result: str = ""
    fresh: bool = False
    changes: str = ""
    draws: str = ""
    seeds: str = ""
    sets: str = ""
    reads: int | None = None
    writes: int | None = None
    opens: int | None = None
    out: int | None = None
    lasting: bool = False
    varies: bool = False
    acts: bool = False
    owned: str = ""
    looks: bool = False
    nested: bool = False
    resumes: bool = False
    moves: bool = False


@cache
def function(path: str) -> Known | None:
    """What is known of the library function or class with this dotted name."""
    exact, families = _functions()
    if path in exact:
        return exact[path]
    if (made := _estimator(path)) is not None:
        return made
    return next((known for pattern, known in families if fnmatchcase(path, pattern)), None)


@cache
def method(type: str, name: str) -> Known | None:
    """What is known of a method of an object of this type."""
    family = family_of(type)
    changing = _changes().get(family)
    if changing is None and family not in _methods():
        return None
    if family in _BUILTIN and not hasattr(_BUILTIN[family], name) and name not in (changing or ()):
        return None  # then it is no list at all
    known = _method_result(family, name)
    if family in _DATA and name in GROWS:
        return None
    if changing is not None and not known.changes and (name in changing or "*" in changing):
        return replace(known, changes="self")
    return known


@cache
def family_of(type: str) -> str:
    """The table a type's methods stand in: `estimator` for all of scikit-learn's classes and their
    kin.
    """
    if type.startswith(_ESTIMATORS):
        return "estimator"
    return "numpy.ndarray" if type == "numpy" else type


def is_estimator(type: str) -> bool:
    """Whether a type follows scikit-learn's conventions."""
    return family_of(type) == "estimator"


def in_skops(type: str) -> bool:
    """Whether a skops file can hold a value of this type: scikit-learn's models, but for some."""
    return type.startswith("sklearn.") and type.rsplit(".", 1)[-1] not in tables.NOT_IN_SKOPS


def _estimator(path: str) -> Known | None:
    name = path.rsplit(".", 1)[-1]
    if not path.startswith(_ESTIMATORS) or not name[:1].isupper():
        return None
    return Known(result=path)


def steady(type: str) -> bool:
    """Whether fitting such an estimator never draws random numbers."""
    return type.rsplit(".", 1)[-1] in tables.STEADY


def keeps_its_table(type: str) -> bool:
    """Whether a fitted estimator of this type goes on using the table it was fitted on."""
    return any(word in type for word in tables.LAZY)


def _method_result(family: str, name: str) -> Known:
    methods = _methods().get(family, {})
    return methods.get(name) or methods.get("*") or Known()


@cache
def _functions() -> tuple[dict[str, Known], list[tuple[str, Known]]]:
    exact: dict[str, Known] = {}
    families: list[tuple[str, Known]] = []
    for line in _rows(tables.FUNCTIONS):
        names, _, effect = line.partition(" -> ")
        known = _parse(effect)
        for name in names.split():
            if "*" in name:
                families.append((name, known))
            else:
                exact[name] = known
    for line in _rows(tables.OUT):
        position, _, names = line.partition(": ")
        for name in names.split():
            exact[name] = replace(exact.get(name, Known("numpy")), out=int(position))
    families.sort(key=lambda family: -len(family[0]))
    return exact, families


@cache
def _methods() -> dict[str, dict[str, Known]]:
    found: dict[str, dict[str, Known]] = {}
    for line in _rows(tables.METHODS):
        type, _, rest = line.partition(": ")
        names, _, effect = rest.partition(" -> ")
        known = _parse(effect)
        for name in names.split():
            found.setdefault(type, {})[name] = known
    return found


@cache
def _changes() -> dict[str, frozenset[str]]:
    rows = (line.partition(":") for line in _rows(tables.CHANGES))
    return {type: frozenset(names.split()) for type, _, names in rows}


def _rows(table: str) -> list[str]:
    return table.strip("\n").replace("\n    ", " ").split("\n")


def _parse(effect: str) -> Known:
    result, *flags = effect.split()
    fields: dict[str, object] = {"result": "" if result == "?" else result}
    for flag in flags:
        key, _, value = flag.partition("=")
        fields[key] = _number(value) if key in ("reads", "writes", "opens") else value or True
    return Known(**fields)  # type: ignore[arg-type]


def _number(value: str) -> int:
    return -1 if value == "self" else int(value or 0)
