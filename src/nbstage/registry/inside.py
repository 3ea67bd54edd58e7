"""`python -m nbstage.registry.inside MODEL OUT ANSWER TYPE...`: a stage's model, written by skops.

A process of its own, in a copy of the commit's files: reading the model runs the project's code.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

# Any: what a model is, nobody knows.

_DEEPEST = 12


def released(model: str, out: str, trusted: tuple[str, ...]) -> dict[str, object]:
    """Write the model as a skops file at `out`, unless it holds names that nobody reviewed, or
    would not be given back as it is. A .skops file is only looked at.
    """
    if model.endswith(".skops"):
        return _names(model, trusted)
    from nbstage.runtime.formats import read
    from nbstage.runtime.skops_files import write_skops
    from nbstage.runtime.values import lost_by

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = read(model)
    told: dict[str, object] = {
        "warnings": sorted({_first_line(one.message) for one in caught}),
        "kind": f"{type(value).__module__}.{type(value).__qualname__}",
        "columns": _columns(value),
    }
    try:
        write_skops(value, out)
    except Exception as error:  # skops raises whatever it meets in a value that it can't hold
        return {**told, "lost": _first_line(error) or type(error).__name__, "part": _part(value)}
    told |= _names(out, trusted)
    if told["unknown"]:
        return told
    return {**told, "lost": lost_by(value, out, write_skops, lambda path: _read(path, trusted))}


def _part(value: Any) -> str:
    """The innermost part of a value that skops can't hold: ".prices (Series)"."""
    path = ""
    for _ in range(_DEEPEST):
        found = next(((name, part) for name, part in _parts(value) if not _fits(part)), None)
        if found is None:
            break
        path, value = f"{path}{found[0]}", found[1]
        if type(value).__module__.partition(".")[0] in ("pandas", "polars", "pyarrow"):
            break  # what is inside of these is nobody's own
    return f"{path} ({type(value).__qualname__})" if path else ""


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]"[:80], part) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return [(f"[{number}]", part) for number, part in enumerate(value)]
    return [(f".{name}", part) for name, part in getattr(value, "__dict__", {}).items()]


def _fits(value: Any) -> bool:
    import skops.io

    try:
        skops.io.dumps(value)
    except Exception:  # as above
        return False
    return True


def _names(path: str, trusted: tuple[str, ...]) -> dict[str, object]:
    """The names in a skops file that neither skops nor nbstage trusts: those that the user does
    trust, and all others.
    """
    import skops.io

    from nbstage.runtime.skops_files import REVIEWED

    found = {str(name) for name in skops.io.get_untrusted_types(file=path)} - {*REVIEWED}
    return {"trusted": sorted(found & {*trusted}), "unknown": sorted(found - {*trusted})}


def _read(path: str, trusted: tuple[str, ...]) -> Any:
    from nbstage.runtime.skops_files import read_skops

    with Path(path).open("rb") as file:
        return read_skops(file, trusted)


def _columns(value: Any) -> list[str]:
    """The columns that an estimator of scikit-learn was fitted with."""
    names = getattr(value, "feature_names_in_", None)
    return [str(name) for name in names] if names is not None else []


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0][:300]


if __name__ == "__main__":
    sys.path.insert(0, "")  # the commit's own modules
    if Path("pipeline/__init__.py").is_file():
        import pipeline  # noqa: F401 - it adds the folders that the notebooks add to sys.path
    answer = released(sys.argv[1], sys.argv[2], tuple(sys.argv[4:]))
    Path(sys.argv[3]).write_text(json.dumps(answer), encoding="utf-8")
