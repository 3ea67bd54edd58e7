# ruff: noqa: PTH123 - pathlib would double what importing the runtime takes
"""The values of params.yaml that a stage uses."""

from __future__ import annotations

from nbstage.runtime.errors import StageError
from nbstage.runtime.places import from_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILE = "params.yaml"


def params(*names: str, section: str = "") -> dict[str, Any]:
    """The values of `names` in params.yaml, as DVC reads them; "a.b" is the key b of the mapping a.

    With a `section` the names are keys of that mapping. Raises StageError that names every missing
    key.
    """
    # Any: the values are the user's, and go to functions whose types are the user's too.
    values = _read()
    start = f"{section}." if section else ""
    found = {name: _look_up(values, start + name) for name in names}
    missing = [start + name for name, hits in found.items() if not hits]
    if missing:
        keys = ", ".join(f"'{name}'" for name in missing)
        raise StageError(f"{FILE} has no {keys}. Run `nbstage convert`, which adds missing keys.")
    return {name: hits[0] for name, hits in found.items()}


def _read() -> object:
    from nbstage.runtime.yaml12 import read_yaml

    try:
        with open(from_root(FILE), encoding="utf-8-sig") as file:
            text = file.read()
    except FileNotFoundError:
        raise StageError(
            f"there is no {FILE} in this folder. Run the stage from the project's root, "
            "or `nbstage convert` to write the file."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StageError(f"{FILE} can't be read: {error}") from None
    try:
        return read_yaml(text)
    except ValueError as error:
        raise StageError(f"{FILE} is not valid YAML: {error}") from None


def _look_up(values: object, name: str) -> list[object]:
    """The value in a list of its own, or nothing: None is a value too."""
    for key in name.split("."):
        if not isinstance(values, dict) or key not in values:
            return []
        values = values[key]
    return [values]
