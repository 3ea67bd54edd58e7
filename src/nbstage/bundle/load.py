"""The artifacts of a bundle, as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbstage.bundle.nouns import Bundle
from nbstage.errors import UserError
from nbstage.runtime import StageError, load
from nbstage.runtime.skops_files import read_skops

#: Endings of files that run no code, in the order in which they are tried for a pickle's value.
SAFE = (".json", ".parquet", ".npy", ".npz", ".skops")


# Any: the values are the user's.
def load_values(bundle: Bundle, *, allow_pickle: bool) -> dict[str, Any]:
    """What the stages of a bundle load, and its estimator, by the artifacts' paths.

    Raises UserError where reading could run code and that is not allowed, or a file can't be read.
    """
    if bundle.pickles and not allow_pickle:
        listed = ", ".join(f"'{path}'" for path in bundle.pickles)
        raise UserError(
            f"reading {listed} may run any code, as these are pickles",
            "`nbstage register` writes models as skops files, and [tool.nbstage.formats] has other "
            "formats for other values; or say --allow-pickle if you know who made them.",
        )
    wanted = {path for step in bundle.steps for path in step.takes if path != step.rows}
    wanted |= {bundle.estimator} - {""}
    return {path: _value(bundle, path) for path in sorted(wanted)}


def file_of(folder: Path, path: str) -> str:
    """The file that holds an artifact: one that runs no code, or the released one, stands in for
    the stage's own.
    """
    for ending in SAFE:
        if (folder / f"{path}{ending}").is_file():
            return f"{path}{ending}"
    released = released_path(path)
    return released if (folder / released).is_file() else path


def released_path(path: str) -> str:
    """Where the released file of a model lies: beside the stage's own."""
    return f"{path.rpartition('.')[0]}.skops"


def _value(bundle: Bundle, path: str) -> Any:
    file = bundle.folder / file_of(bundle.folder, path)
    try:
        if file.suffix == ".skops":
            with file.open("rb") as opened:
                return read_skops(opened, bundle.trusted)
        return load(str(file))
    except (StageError, ValueError, OSError) as error:
        raise UserError(
            f"'{path}' of the bundle can't be read: {getattr(error, 'message', error)}",
            "install the packages in the bundle's requirements.txt, or make the bundle anew.",
        ) from None
