"""The tables that are stored, against their contracts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbstage.runtime import load
from nbstage.testing.project import case, importable, inside, root_of, skipped

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet


def contracts_of(file: str) -> list[ParameterSet]:
    """A case for each contract of the project, to be called; `file` is the test's `__file__`.

    Skipped where the table is not stored yet.
    """
    root = root_of(file)
    found = sorted((root / "contracts").glob("*/*.yaml"))
    if not found:
        return [skipped("there is no contract: `nbstage contract` writes them", "none")]
    return [case(f"{path.parent.name}.{path.stem}", _keeps, root, path) for path in found]


def _keeps(root: Path, path: Path) -> None:
    import pytest

    from nbstage.runtime.keeps import keep

    __tracebackhide__ = True
    stored = sorted((root / "artifacts" / path.parent.name).glob(f"{path.stem}.*"))
    if not stored:
        pytest.skip(f"no table of '{path.stem}' is stored yet: run `dvc repro`, then the tests")
    importable(root)
    with inside(root):
        table = stored[0].relative_to(root).as_posix()
        keep(load(table), table, path.relative_to(root).as_posix())
