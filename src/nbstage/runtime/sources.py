# ruff: noqa: PTH123 - pathlib would double what importing the runtime takes
"""The project's own code that a stored value depends on."""

from __future__ import annotations

import os
import sys
import types

from nbstage.runtime.places import from_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def sources(modules: Iterable[str]) -> bytes:
    """One line for each module of the project among `modules` or used by one: name and sha256.

    Nothing for what is installed: its version is for the environment to fix.
    """
    return b"".join(_line(name, path) for name, path in sorted(_closure(modules).items()))


def _closure(modules: Iterable[str]) -> dict[str, str]:
    """The modules' files, and those of the modules that they use."""
    found: dict[str, str] = {}
    left = list(modules)
    while left:
        name = left.pop()
        module = sys.modules.get(name)
        path = _own_file(module)
        if name in found or name == "__main__" or module is None or path is None:
            continue
        found[name] = path
        left.extend(_used(module))
    return found


def _own_file(module: types.ModuleType | None) -> str | None:
    """The module's file if it belongs to the project."""
    path = getattr(module, "__file__", None)
    if module is None or path is None or module.__name__.partition(".")[0] == "nbstage":
        return None
    path = os.path.realpath(path)
    root = os.path.realpath(from_root("."))
    installed = os.path.realpath(sys.prefix) + os.sep
    inside = path.startswith(root + os.sep) and not path.startswith(installed)
    return path if inside and "site-packages" not in path else None


def _used(module: types.ModuleType) -> Iterator[str]:
    for value in list(vars(module).values()):
        if isinstance(value, types.ModuleType):
            yield value.__name__
        elif isinstance(value, (type, types.FunctionType)):
            yield value.__module__ or ""


def _line(name: str, path: str) -> bytes:
    import hashlib

    with open(path, "rb") as file:
        return f"\n# {name} {hashlib.sha256(file.read()).hexdigest()}\n".encode()
