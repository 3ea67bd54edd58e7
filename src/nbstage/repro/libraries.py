# ruff: noqa: PTH112, PTH116, PTH118, PTH120 - a stage gets no module that it doesn't import
"""What is installed: which modules are libraries', and when something was installed last."""

from __future__ import annotations

import os

#: Where nbstage is: its runtime is a library to the stages, also where it is not among the others.
_OURS = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")


def installed(name: str) -> bool:
    """Whether a module is of an installed library: nobody's own code runs before its stage does."""
    from importlib.util import find_spec

    spec = find_spec(name.partition(".")[0])
    return bool(spec and spec.origin and spec.origin.startswith((*_folders(), _OURS)))


def changes() -> dict[str, int]:
    """When something was last installed or removed, for each folder of libraries."""
    return {folder: os.stat(folder).st_mtime_ns for folder in _folders()}


def _folders() -> list[str]:
    import site

    found = [*site.getsitepackages(), site.getusersitepackages()]
    return [os.path.join(folder, "") for folder in found if os.path.isdir(folder)]
