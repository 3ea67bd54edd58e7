"""What a type is called, and whose it is: Python's, a library's or the user's."""

from __future__ import annotations

import os
import sys
import sysconfig
import types
from collections.abc import Mapping

_PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)
_mro = type.__dict__["__mro__"].__get__
#: A key for a type. Not its hash, of which a metaclass decides, and not `id`, which is an audit
#: event and so would call the recorder's own hook each time.
address = object.__hash__

_members = type.__dict__["__dict__"].__get__
_module = type.__dict__["__module__"].__get__
_name = type.__dict__["__name__"].__get__


def bases(kind: type) -> tuple[type, ...]:
    """A type and all that it is derived from, without asking its metaclass."""
    found: tuple[type, ...] = _mro(kind)
    return found


def module_of(kind: type) -> str:
    """The name of the module that a type says it is from."""
    name = _module(kind)
    return name if type(name) is str else ""


def name_of(kind: type) -> str:
    """A type's own name."""
    name: str = _name(kind)
    return name


def members_of(kind: type) -> Mapping[str, object]:
    """What stands in a class itself."""
    found: Mapping[str, object] = _members(kind)
    return found


def type_name(value: object) -> str:
    """The dotted path by which users know a value's type: "pandas.DataFrame", "int", "function".

    A class that lives in a private module goes by the public one that shows it, as in
    `sklearn.linear_model.LinearRegression`.
    """
    kind = type(value)
    if any(kind is function for function in _FUNCTIONS):
        return "function"
    if issubclass(kind, type):
        return "type"
    module, name = module_of(kind), _qualified(kind)
    if module in ("builtins", ""):
        return name
    parts = module.split(".")
    for length in range(1, len(parts)):
        shown = sys.modules.get(".".join(parts[:length]))
        if type(shown) is types.ModuleType and vars(shown).get(name) is kind:
            return ".".join((*parts[:length], name))
    return f"{module}.{name}"


def _qualified(kind: type) -> str:
    name = type.__dict__["__qualname__"].__get__(kind)
    return name if type(name) is str else "object"


class Owners:
    """Which modules are the user's own: the notebook, and files that no installation put there."""

    def __init__(self) -> None:
        self.known: dict[str, bool] = {"__main__": True, "builtins": False, "": False}
        paths = sysconfig.get_paths()
        folders = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
        self.libraries = tuple(folder + os.sep for folder in sorted(folders))

    def owns(self, module: str) -> bool:
        """Whether a module is the user's."""
        if module not in self.known:
            self.known[module] = self._is_users(module)
        return self.known[module]

    def made(self, kind: type) -> bool:
        """Whether a class, or one it is derived from, is the user's."""
        return any(self.owns(module_of(base)) for base in bases(kind))

    def is_library(self, path: str) -> bool:
        """Whether a file belongs to Python or to an installed package."""
        return path.startswith(self.libraries) or any(part in path for part in _PACKAGES)

    def _is_users(self, name: str) -> bool:
        module = sys.modules.get(name)
        if name.partition(".")[0] in ("nbstage", "numpy", "pandas", *sys.stdlib_module_names):
            return False
        path = vars(module).get("__file__") if type(module) is types.ModuleType else None
        return type(path) is str and not self.is_library(path)
