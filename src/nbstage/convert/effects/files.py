"""Which files a call reads and writes, as far as their paths stand in the code."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath

from nbstage.convert.effects.machine import Machine, mark
from nbstage.convert.effects.nouns import FileUse, Oddity
from nbstage.convert.effects.places import Placed
from nbstage.convert.effects.values import Value
from nbstage.convert.known import Known

_PATH_WORDS = ("path", "fname", "filename", "filepath_or_buffer", "path_or_buf", "io", "file")
#: Functions of libraries that aren't known otherwise, by the first word of their name.
_READS = ("read", "load", "open", "from", "imread", "scan")
_WRITES = ("save", "write", "dump", "to", "export", "imsave")


def use(
    machine: Machine,
    what: Known,
    receiver: Value | None,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
) -> None:
    """Report the file that a known call reads or writes."""
    for position, mode in ((what.reads, "r"), (what.writes, "w"), (what.opens, "")):
        if position is None:
            continue
        path = receiver if position == -1 else _argument(position, args, keywords)
        if path is None:
            continue
        _report(machine, path, mode or _open_mode(position, args, keywords))


def move(machine: Machine, args: tuple[Value, ...]) -> None:
    """Follow a change of the working directory, as far as its path stands in the code."""
    machine.effects.moves = True
    path = args[0].const if args else None
    known = isinstance(path, str | PurePosixPath) and machine.cwd is not None
    machine.cwd = (
        posixpath.normpath(posixpath.join(machine.cwd or "", str(path))) if known else None
    )


def _argument(position: int, args: tuple[Value, ...], keywords: dict[str, Value]) -> Value | None:
    if position < len(args):
        return args[position]
    return next((keywords[word] for word in _PATH_WORDS if word in keywords), None)


def _open_mode(position: int, args: tuple[Value, ...], keywords: dict[str, Value]) -> str:
    index = 0 if position == -1 else 1
    mode = args[index] if index < len(args) else keywords.get("mode")
    text = mode.const if mode is not None and isinstance(mode.const, str) else "r"
    return next((letter for letter in "wxa" if letter in text), "r").replace("x", "w")


def _report(machine: Machine, path: Value, mode: str) -> None:
    if isinstance(path.const, str | PurePosixPath):
        text = str(path.const)
        if "://" not in text and text and machine.cwd is not None:
            start = "." if isinstance(path.const, Placed) else machine.cwd
            text = posixpath.normpath(posixpath.join(start, text))
            machine.effects.files.append(FileUse(text, mode, machine.site, len(machine.store) == 1))
    if path.type != "NoneType" and not path.objs and not _is_known(machine, path):
        mark(machine, Oddity.NO_PATH, mode)


def _is_known(machine: Machine, path: Value) -> bool:
    return machine.cwd is not None and isinstance(path.const, str | PurePosixPath)


def guess_method(machine: Machine, name: str, args: tuple[Value, ...]) -> None:
    """Report the file that a method of an unknown object writes: `axes.figure.savefig("a.png")`."""
    if name.split("_")[0] in (*_WRITES, "savefig"):
        for arg in args[:1]:
            if isinstance(arg.const, str | PurePosixPath) and PurePosixPath(str(arg.const)).suffix:
                _report(machine, arg, "w")


def guess(machine: Machine, path: str, args: tuple[Value, ...], keywords: dict[str, Value]) -> None:
    """Report the file that an unknown library's function reads or writes, where its name and a
    literal path say so.
    """
    name = path.rsplit(".", 1)[-1].lower().split("_")[0]
    mode = "r" if name in _READS else "w" if name in _WRITES else ""
    if name == "open":  # as `gzip.open("x.gz", "wt")`
        mode = _open_mode(0, args, keywords)
    for arg in args:
        if (
            mode
            and isinstance(arg.const, str | PurePosixPath)
            and PurePosixPath(str(arg.const)).suffix
        ):
            _report(machine, arg, mode)
