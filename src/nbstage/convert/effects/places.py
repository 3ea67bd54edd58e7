"""Paths made from the working directory: `os.getcwd()`, `Path("..").resolve()`."""

from __future__ import annotations

from pathlib import PurePosixPath
from posixpath import dirname

from nbstage.convert.effects.machine import Machine, mark
from nbstage.convert.effects.nouns import Oddity
from nbstage.convert.effects.values import NOTHING, UNKNOWN, Value

_SAME = frozenset({"os.path.abspath", "os.path.realpath", "os.path.normpath", "os.path.expanduser"})
_JOINS = {"os.path.join": "str", "pathlib.Path": "Path"}
_ADDS = frozenset({"sys.path.append", "sys.path.insert", "sys.path.extend"})


class Placed(PurePosixPath):
    """A path that is absolute in the notebook, as seen from its working directory."""

    __slots__ = ()


def placed(machine: Machine, path: PurePosixPath | str) -> object:
    """A path made absolute; not known once the working directory has changed."""
    if isinstance(path, Placed):
        return path
    return Placed(path) if machine.cwd == "." else UNKNOWN


def parent(path: PurePosixPath) -> PurePosixPath:
    """The folder a path lies in."""
    climbs = isinstance(path, Placed) and path.name in ("", "..")
    return path / ".." if climbs else path.parent


def call(machine: Machine, path: str, args: tuple[Value, ...]) -> Value | None:
    """The value of a call that has to do with folders, or None."""
    if path in ("os.getcwd", "pathlib.Path.cwd"):
        kind = "str" if path == "os.getcwd" else "Path"
        return Value(type=kind, const=placed(machine, "."))
    if path in _ADDS and args:
        add(machine, args[-1])
        return NOTHING
    consts = [arg.const for arg in args]
    if path in _JOINS and consts and isinstance(consts[0], Placed):
        texts = [const for const in consts if isinstance(const, str | PurePosixPath)]
        whole = Placed(*texts) if len(texts) == len(consts) else UNKNOWN
        return Value(type=_JOINS[path], const=whole)
    const = consts[0] if len(consts) == 1 else UNKNOWN
    if not isinstance(const, str | PurePosixPath):
        return None
    if path in _SAME:
        return Value(type="str", const=placed(machine, const))
    if path == "os.path.dirname":
        return _text(parent(const) if isinstance(const, Placed) else dirname(str(const)))
    return _text(const) if path in ("builtins.str", "os.fspath") else None


def _text(path: str | PurePosixPath) -> Value:
    return Value(type="str", const=path if isinstance(path, Placed) else str(path))


def add(machine: Machine, folder: Value) -> None:
    """Report that modules are looked for in one more folder."""
    known = isinstance(folder.const, str | PurePosixPath)
    mark(machine, Oddity.SYS_PATH, str(folder.const) if known else "")
