"""The notebook's `check` cells as tests: `pipeline/checks/STAGE.py` holds them."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nbstage.runtime import load, params, workdir
from nbstage.testing.project import case, importable, inside, missing, root_of, skipped

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the arguments of a check come from."""

    paths: tuple[str, ...]
    bundles: tuple[str, ...]
    params: tuple[str, ...]
    folder: str
    safe: bool
    section: str = ""


def takes(
    *paths: str,
    bundles: Sequence[str] = (),
    params: Sequence[str] = (),
    folder: str = ".",
    safe: bool = False,
    section: str = "",
) -> Callable[[F], F]:
    """Mark a function as a check of what stages have stored: it gets the value of each file, each
    value of the `bundles`, and the parameters by name, from a `section` of params.yaml if one is
    given, and runs in `folder`. It can still be called with other values.
    """
    taken = Taken(paths, tuple(bundles), tuple(params), folder, safe, section)

    def mark(function: F) -> F:
        function.__dict__["taken"] = taken
        return function

    return mark


def checks_of(stage: str, file: str) -> list[ParameterSet]:
    """The checks of a stage, to be called one by one; `file` is the test's `__file__`.

    Where what a check reads is not there yet, it is skipped.
    """
    import pytest

    root = root_of(file)
    path = f"pipeline/checks/{stage}.py"
    if not (root / path).is_file():
        reason = f"no cell tagged `check` belongs to stage '{stage}' any more: delete this file"
        return [skipped(reason, stage)]
    importable(root)
    name = f"pipeline.checks.{stage}"
    # So that a failure shows the values. It has to be said before the modules are imported.
    unseen = [one for one in (name, "pipeline.helpers") if one not in sys.modules]
    pytest.register_assert_rewrite(*unseen)
    module = importlib.import_module(name)
    found = [one for one in vars(module).values() if isinstance(_taken(one), Taken)]
    return [case(one.__name__, _run, root, one) for one in found]


def _taken(value: object) -> object:
    return getattr(value, "__dict__", {}).get("taken") if inspect.isfunction(value) else None


def _run(root: Path, check: Callable[..., object]) -> None:
    import pytest

    __tracebackhide__ = True
    taken = check.__dict__["taken"]
    if reason := missing(root, (*taken.paths, *taken.bundles)):
        pytest.skip(reason)
    with inside(root):
        args = [_load(path, taken) for path in taken.paths]
        args += [value for path in taken.bundles for value in _load(path, taken)]
        named = params(*taken.params, section=taken.section) if taken.params else {}
        with workdir(taken.folder):
            done = check(*args, **named)
            if inspect.iscoroutine(done):
                import asyncio

                asyncio.run(done)


def _load(path: str, taken: Taken) -> Any:
    # Any: only the check knows what it is given.
    if taken.safe:
        from nbstage.runtime import safe

        return safe.load(path)
    return load(path)
