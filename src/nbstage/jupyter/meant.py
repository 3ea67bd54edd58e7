"""Which notebook is meant: the one that was named, else the one that the kernel runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from nbstage.config import find_root
from nbstage.errors import UserError
from nbstage.project import name_notebooks

_ENDINGS = (".ipynb", ".py")


def notebook_meant(
    named: str, names: Mapping[str, object], environment: Mapping[str, str]
) -> tuple[Path, str]:
    """The project's root and the notebook, relative to it.

    `names` are the kernel's, where VS Code leaves the notebook's path. Raises UserError where
    none can be told, or none is there.
    """
    folder = Path.cwd()
    if named:
        root = find_root(folder)
        start = folder if (folder / named).exists() or not (root / named).exists() else root
        return root, name_notebooks(root, start, [named])[0]
    for path in _candidates(names, environment):
        for file in (folder / path, folder / path.name):
            if file.suffix in _ENDINGS and file.is_file():
                root = find_root(file.parent)
                return root, name_notebooks(root, file.parent, [file.name])[0]
    raise UserError(
        "the kernel can't tell which notebook it runs",
        "name the notebook: `%nbstage show churn.ipynb`.",
    )


def _candidates(names: Mapping[str, object], environment: Mapping[str, str]) -> Iterator[Path]:
    """Where VS Code and Jupyter say that the notebook is. Both may be wrong after a rename."""
    told = names.get("__vsc_ipynb_file__"), environment.get("JPY_SESSION_NAME")
    for one in told:
        if isinstance(one, str) and one:
            yield Path(one.removeprefix("RTC:")).expanduser()
