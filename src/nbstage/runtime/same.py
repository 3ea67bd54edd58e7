"""Where two values first differ, as exactly as a later stage could notice.

Types and their subclasses, dtypes, indexes, names, the order of keys, cells of object columns,
-0.0, 1 and 1.0 and True: all count. Not a number equals not a number, whatever its bits. The layout
of an array in memory and who shares an object with whom are not values and do not count.
"""

from __future__ import annotations

import sys

from nbstage.runtime.same_objects import compare_objects
from nbstage.runtime.same_plain import SCALARS, clip, compare_plain, kind_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstage.runtime.same_plain import Finding


def difference(
    a: object, b: object, same: Callable[[object, object], bool] | None = None
) -> str | None:
    """None where `b` is the same as `a`, else where they first differ: "column 'x'[3]: 1 became 2".

    Parts that `same` takes for the same are not looked into: this is how floats may be close.
    Structures that contain themselves and deep ones are no trouble. An object of a type that is
    not known here is compared by what pickle sees of it; figures are not looked into.
    """
    # A stack of what is left to compare instead of recursion: a list may be nested 100,000 deep.
    left = [("", a, b)]
    seen: set[tuple[int, int]] = set()
    alive: list[object] = []
    while left:
        where, x, y = left.pop()
        if x is y or (id(x), id(y)) in seen:
            continue
        if type(x) not in SCALARS:
            seen.add((id(x), id(y)))
            alive.append((x, y))  # an id may be used again once its object is gone
        if same is not None and same(x, y):
            continue
        found = _compare(x, y)
        if isinstance(found, str):
            return f"{where}: {found}" if where else found
        left.extend((_join(where, step), p, q) for step, p, q in reversed(found))
    return None


def _join(where: str, step: str) -> str:
    """`[0].coef_`, but `.table, column 'x'`. The middle of a very long way is left out."""
    if len(where) > 200:
        where = f"{where[:80]}...{where[-80:]}"
    if not where or not step or step.startswith(("[", ".")):
        return where + step
    return f"{where}, {step}"


def _compare(x: object, y: object) -> Finding:
    """What differs at this level, or the parts still to compare."""
    if type(x) is type(y):
        found = compare_plain(x, y)
        if found is None:
            known = _library(type(x))
            found = known(x, y) if known else None
        return compare_objects(x, y) if found is None else found
    if not _twins(type(x), type(y)):
        return [] if _same_number(x, y) else f"{_described(x)} became {_described(y)}"
    found = compare_objects(x, y)
    return found if isinstance(found, str) else [(".__class__", type(x), type(y)), *found]


def _same_number(x: object, y: object) -> bool:
    if type(x).__module__ != "numpy":
        return False
    from nbstage.runtime.same_arrays import same_number

    return same_number(x, y)


def _described(value: object) -> str:
    """ "int 1", "DataFrame"."""
    return f"{kind_name(value)} {clip(value)}".rstrip()


def _twins(one: type, other: type) -> bool:
    """Whether these are two copies of one class, as when it was stored with its value.

    A notebook's classes live in `__main__`, and after conversion in a module of the pipeline.
    """
    modules = {one.__module__, other.__module__}
    return one.__name__ == other.__name__ and (len(modules) == 1 or "__main__" in modules)


def _library(kind: type) -> Callable[[object, object], Finding | None] | None:
    """How to compare what numpy, pandas or scipy made, or what is derived from that.

    Looks at imported modules only: a value of a library can't be there before the library.
    """
    for base in kind.__mro__:
        match base.__module__.partition(".")[0]:
            case "numpy" if "numpy" in sys.modules:
                from nbstage.runtime.same_arrays import compare_arrays

                return compare_arrays
            case "pandas" if "pandas" in sys.modules:
                from nbstage.runtime.same_tables import compare_tables

                return compare_tables
            case "scipy" if "scipy.sparse" in sys.modules:
                from nbstage.runtime.same_arrays import compare_sparse

                return compare_sparse
            case "matplotlib" if base.__name__ == "Artist":
                return _drawings
            case "plotly" if base.__name__ == "BaseFigure":
                from nbstage.runtime.plotly_figures import compare_figures

                return compare_figures
    return None


def _drawings(x: object, y: object) -> Finding:
    """Nothing: matplotlib rebuilds a figure's inner state whenever it reads or draws one."""
    return []
