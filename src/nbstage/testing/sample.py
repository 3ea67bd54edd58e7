"""`python -m nbstage.testing.sample ROOT STAGE ROWS`: run a stage here on a part of its inputs.

It loads what the project at ROOT has stored, and saves nothing.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from nbstage import runtime
from nbstage.runtime import safe

_SAVES = ("mark_done", *(name for name in runtime.__all__ if name.startswith("save")))


def main() -> None:
    """Run the stage as `dvc repro` does, but for what is loaded and saved."""
    root, stage, rows = sys.argv[1:]
    size = None if rows == "all" else int(rows)
    # Before the stage's module takes them.
    for module in (runtime, safe):
        vars(module)["load"] = _sampled(module.load, root, size)
        vars(module).update(dict.fromkeys(_SAVES, _drop))
    importlib.import_module(f"pipeline.{stage}").main()


def _drop(*args: object, **options: object) -> None:
    """In place of what saves."""


# Any: a stage knows what it loads.
def _sampled(load: Callable[..., Any], root: str, rows: int | None) -> Callable[..., Any]:
    def load_sample(path: str, *names: str) -> Any:
        value = load(os.path.join(root, path), *names)  # noqa: PTH118 - as the runtime does
        return value if rows is None else sample(value, rows)

    return load_sample


def sample(value: Any, rows: int) -> Any:
    """`rows` rows of a table or array, evenly spread and in order; of a tuple's, each one's.

    Tables of one length so keep fitting together. All else stays as it is.
    """
    if type(value) is tuple:
        done: dict[int, Any] = {}  # what is there twice stays one
        return tuple(done.setdefault(id(one), sample(one, rows)) for one in value)
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        picked = _spread(len(value), rows)
        return value if picked is None else value.iloc[picked].copy()
    if numpy is not None and isinstance(value, numpy.ndarray) and value.ndim:
        picked = _spread(len(value), rows)
        return value if picked is None else value[picked]
    if hasattr(value, "tocsr") and hasattr(value, "format"):
        picked = _spread(value.shape[0], rows)
        return value if picked is None else value.tocsr()[picked].asformat(value.format)
    return value


def _spread(length: int, rows: int) -> list[int] | None:
    """So many positions with equal steps between them; None for all."""
    if length <= rows:
        return None
    return [number * length // rows for number in range(rows)]


if __name__ == "__main__":
    main()
