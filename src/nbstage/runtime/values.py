# ruff: noqa: PTH119, PTH122, PTH123 - pathlib would double what importing the runtime takes
"""Values on their way from one stage to the next: what `load` gives is what `save` was given."""

from __future__ import annotations

import os
import sys

from nbstage.runtime.errors import CannotStore, StageError
from nbstage.runtime.places import fresh, from_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nbstage.runtime.formats import Writer

    # Any: only whoever wrote the file knows the type.
    FromFile = Callable[[str], Any]


TOO_DEEP = "it is nested too deeply"


def save(value: object, path: str, *, contract: str = "") -> None:
    """Store a value so that `load(path)` gives an equal one of the same type, in any process.

    The extension names the format. Where that would change the value, the file holds a pickle, and
    a line on stderr says why; where no file can hold it, raises CannotStore. A tuple stores several
    values in one file, and what they share stays shared. A table that breaks the `contract` (a file
    that says what it has to be) is not stored: raises StageError with all that is wrong.
    """
    if contract:
        from nbstage.runtime.keeps import keep

        keep(value, path, contract)
    from nbstage.runtime.formats import PICKLE, read, writer
    from nbstage.runtime.pickled import write_pickle

    name, write = writer(path)
    with fresh(path) as temporary:
        lost = lost_by(value, temporary, write, read)
        if lost is not None and name != PICKLE:
            why, lost = lost, lost_by(value, temporary, write_pickle, read)
            if lost is None:
                _tell(path, name, why)
        if lost is not None:
            part = None if lost == TOO_DEEP else _culprit(value)
            raise CannotStore(f"'{path}' can't be stored: {part or lost}")


def load(path: str, *names: str) -> Any:
    """The value that `save` stored.

    With a name, what a stored dict holds under it; with several, a tuple of that.

    Raises StageError where the file is missing, damaged, or needs code that is not installed.
    """
    from nbstage.runtime.formats import read

    return picked(read_file(path, read), path, names)


def picked(value: Any, path: str, names: tuple[str, ...]) -> Any:
    """The value of a file, or what it holds under the names."""
    if not names:
        return value
    if not isinstance(value, dict) or any(name not in value for name in names):
        raise StageError(f"'{path}' holds no {', '.join(repr(name) for name in names)}")
    return value[names[0]] if len(names) == 1 else tuple(value[name] for name in names)


def lost_by(value: object, temporary: str, write: Writer, read: FromFile) -> str | None:
    """What writing and reading back would change; None if nothing."""
    import warnings

    from nbstage.runtime.by_value import classes_kept
    from nbstage.runtime.pickled import REFUSALS
    from nbstage.runtime.same import difference

    try:
        with warnings.catch_warnings(action="ignore"):  # what they warn of is checked here
            write(value, temporary)
            if _proved(value, temporary):
                return None
            with classes_kept():
                return difference(value, read(temporary), _draw_alike)
    except RecursionError:
        return TOO_DEEP
    except REFUSALS as error:
        return _first_line(error)
    except OSError as error:
        if error.errno is not None:
            raise  # the disk, and not the value
        return _first_line(error)


def _proved(value: Any, temporary: str) -> bool:
    """Whether a file of a large table is known to be right, without a second table of its size."""
    # Any: pandas is asked whether it is a table, if it is there.
    pandas = sys.modules.get("pandas")
    if pandas is None or type(value) is not pandas.DataFrame:
        return False
    from nbstage.runtime.bulk import proved

    with open(temporary, "rb") as file:
        return file.read(4) == b"PAR1" and proved(value, temporary)


def _draw_alike(x: object, y: object) -> bool:
    """Whether these are numpy's older generators that draw the same numbers from now on.

    Each has a seed sequence besides, made at random, which it never uses again.
    """
    if type(x) is not type(y) or type(x).__name__ != "RandomState":
        return False
    from nbstage.runtime.same import difference

    kind = getattr(sys.modules.get("numpy.random"), "RandomState", None)
    return type(x) is kind and difference(_state(x), _state(y)) is None


def _state(generator: Any) -> object:
    return generator.get_state(legacy=False)


def _first_line(error: Exception) -> str:
    """What an error says, fit for a terminal: a library may quote the user's data in it."""
    texts = [arg for arg in error.args if isinstance(arg, str)]
    told = "; ".join(texts) if len(texts) == len(error.args) > 0 else str(error)
    line = told.strip().partition("\n")[0][:200] or type(error).__name__
    return "".join(char if char.isprintable() else "?" for char in line)


def _tell(path: str, name: str, why: str) -> None:
    stem = os.path.splitext(os.path.basename(path))[0]
    print(
        f"nbstage: '{path}' holds a pickle, as {name} would not give the value back as it is "
        f'({why}). To declare it: [tool.nbstage.formats] {stem} = "pickle"',
        file=sys.stderr,
    )


def _culprit(value: object) -> str | None:
    from nbstage.runtime.culprit import culprit

    return culprit(value)


def read_file(path: str, read: FromFile) -> Any:
    """What `read` finds in a file; raises StageError where it can't read it."""
    try:
        return read(from_root(path))
    except FileNotFoundError:
        raise StageError(f"'{path}' is missing. Run `dvc repro`, or `dvc pull` for it.") from None
    except ImportError as error:
        raise StageError(f"'{path}' can't be read: {_first_line(error)}") from None
    except _damages() as error:
        raise StageError(
            f"'{path}' can't be read: {_first_line(error)}. If the file is damaged, "
            "`dvc checkout --force` restores it."
        ) from None


def _damages() -> tuple[type[Exception], ...]:
    """What reading may raise on account of what is in the file."""
    import struct
    import tokenize
    import zipfile
    import zlib

    from nbstage.runtime.pickled import REFUSALS

    packed = struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error
    return *REFUSALS, MemoryError, OSError, SyntaxError, *packed
