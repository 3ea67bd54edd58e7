"""The packages that a path has imported, in their exact versions."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version


def imported_packages(own: frozenset[str], before: frozenset[str]) -> tuple[str, ...]:
    """Lines of a requirements.txt for all modules that are imported now, but for the bundle's `own`
    and for what was there `before`.

    nbstage itself is among them: the stages import its runtime.
    """
    tops = {name.partition(".")[0] for name in sys.modules}
    tops -= {*sys.stdlib_module_names, *own, *before}
    owners = packages_distributions()
    names = {"nbstage", *(owners[top][0] for top in tops if owners.get(top))}
    return tuple(sorted({f"{name}=={found}" for name in names if (found := _version(name))}))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
