"""`[tool.nbstage]` in pyproject.toml, and where the project begins.

The keys, all optional:

    [tool.nbstage]
    notebooks = ["notebooks/*.ipynb"]  # paths, and patterns for notebooks with stage tags
    workdir = "."                      # where their code runs; default: each one's own folder
    safe = true                        # values travel in files that run no code when they are read

    [tool.nbstage.formats]             # how a variable is stored between stages
    df = "pickle"                      # everywhere
    train.df = "parquet"               # as written by stage `train`

    [tool.nbstage.stages.train]
    deps = ["src/features.py"]         # files the stage depends on but its code does not name
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeVar

from nbstage.errors import UserError
from nbstage.model import Config

FORMATS = ("joblib", "json", "npy", "npz", "parquet", "pickle", "skops")
_RUN_CODE = ("joblib", "pickle")
_Read = TypeVar("_Read")
_KEYS = ("formats", "notebooks", "safe", "stages", "workdir")


def find_root(start: Path) -> Path:
    """Return the nearest folder, from `start` upwards, with dvc.yaml, .dvc or .git in it.

    A pyproject.toml with [tool.nbstage] marks a project, too. Raises UserError where there is none.
    """
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in ("dvc.yaml", ".dvc", ".git")):
            return folder
        if _names_nbstage(folder / "pyproject.toml"):
            return folder
    raise UserError(
        f"'{start}' is in no project: neither it nor a folder above has a dvc.yaml, .dvc or .git",
        "go to your project's folder, or make one of this folder with `nbstage init`.",
    )


def read_config(root: Path) -> Config:
    """Return the settings in the pyproject.toml of `root`, or the defaults.

    Raises UserError that lists everything wrong with them.
    """
    path = root / "pyproject.toml"
    if not path.exists():
        return Config()
    return parse_config(_read(path))


def parse_config(text: str) -> Config:
    """Return the settings in the text of a pyproject.toml. Raises UserError for mistakes."""
    import tomllib

    try:
        document: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(
            f"pyproject.toml is not valid TOML: {error}", "correct the file at that place."
        ) from None
    tool = document.get("tool")
    table = tool.get("nbstage", {}) if isinstance(tool, dict) else {}
    config, faults = _config(_Table("tool.nbstage", table))
    if faults:
        listed = "\n".join(f"- {fault}" for fault in faults)
        count = "a mistake" if len(faults) == 1 else f"{len(faults)} mistakes"
        raise UserError(
            f"[tool.nbstage] in pyproject.toml has {count}:\n{listed}",
            f"its keys are {', '.join(_KEYS[:-1])} and {_KEYS[-1]}.",
        )
    return config


@dataclass(frozen=True, slots=True)
class _Table:
    """A value from the file and its full name there."""

    name: str
    value: object


# Each reader below gives what it could read, and a sentence for everything it could not.


def _config(table: _Table) -> tuple[Config, list[str]]:
    if not isinstance(table.value, dict):
        return Config(), [f"{table.name} must be a table, not {_kind(table.value)}"]
    values: dict[str, object] = table.value
    faults = [_unknown(table.name, key, _KEYS) for key in values if key not in _KEYS]
    safe = _take(_safe(_entry(table, values, "safe", False)), faults)
    config = Config(
        notebooks=_take(_notebooks(_entry(table, values, "notebooks", [])), faults),
        workdir=_take(_workdir(_entry(table, values, "workdir", None)), faults),
        formats=_take(_formats(_entry(table, values, "formats", {}), safe=safe), faults),
        deps=_take(_stages(_entry(table, values, "stages", {})), faults),
        safe=safe,
    )
    return config, faults


def _entry(table: _Table, values: dict[str, object], key: str, default: object) -> _Table:
    return _Table(f"{table.name}.{key}", values.get(key, default))


def _take(result: tuple[_Read, list[str]], faults: list[str]) -> _Read:
    value, found = result
    faults += found
    return value


def _notebooks(table: _Table) -> tuple[tuple[str, ...], list[str]]:
    paths, faults = _texts(table)
    faults += [
        f"{table.name}: '{path}' is outside the project; paths start at its root"
        for path in paths
        if _leaves_root(path)
    ]
    return tuple(path.removeprefix("./") for path in paths), faults


def _workdir(table: _Table) -> tuple[str | None, list[str]]:
    match table.value:
        case None:
            return None, []
        case str(path) if path and not _leaves_root(path):
            return PurePosixPath(path).as_posix(), []
        case str(path):
            return None, [f"{table.name}: '{path}' is no folder inside the project, such as '.'"]
        case other:
            return None, [f"{table.name} must be a text, not {_kind(other)}"]


def _safe(table: _Table) -> tuple[bool, list[str]]:
    if not isinstance(table.value, bool):
        return False, [f"{table.name} must be true or false, not {_kind(table.value)}"]
    return table.value, []


def _formats(table: _Table, *, safe: bool) -> tuple[dict[str, str], list[str]]:
    """`train.df = "pickle"` is a nested table to TOML, and means the same as `"train.df"`."""
    if not isinstance(table.value, dict):
        return {}, [f"{table.name} must be a table, not {_kind(table.value)}"]
    formats: dict[str, str] = {}
    faults: list[str] = []
    for key, value in _flat(table.value):
        if safe and value in _RUN_CODE:
            faults.append(
                f"{table.name}.{key}: '{value}' can run code when it is read, which safe = true "
                "does not allow"
            )
        elif isinstance(value, str) and value in FORMATS:
            formats[key] = value
        elif isinstance(value, str):
            near = _near(value, FORMATS) or f"; it is one of {', '.join(FORMATS)}"
            faults.append(f"{table.name}.{key}: there is no format '{value}'{near}")
        else:
            faults.append(f"{table.name}.{key} must be a text, not {_kind(value)}")
    return formats, faults


def _flat(values: dict[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        else:
            yield key, value


def _stages(table: _Table) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    if not isinstance(table.value, dict):
        return {}, [f"{table.name} must be a table, not {_kind(table.value)}"]
    deps: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    for name, stage in table.value.items():
        if not isinstance(stage, dict):
            faults.append(f"{table.name}.{name} must be a table, not {_kind(stage)}")
            continue
        place = f"{table.name}.{name}"
        faults += [_unknown(place, key, ("deps",)) for key in stage if key != "deps"]
        deps[name] = _take(_texts(_Table(f"{place}.deps", stage.get("deps", []))), faults)
    return deps, faults


def _texts(table: _Table) -> tuple[tuple[str, ...], list[str]]:
    if not isinstance(table.value, list):
        return (), [f"{table.name} must be a list of texts, not {_kind(table.value)}"]
    wrong = [value for value in table.value if not isinstance(value, str) or not value]
    if wrong:
        kinds = ", ".join(dict.fromkeys(_kind(value) for value in wrong))
        return (), [f"{table.name} must be a list of texts; it has {kinds} in it"]
    return tuple(table.value), []


def _leaves_root(path: str) -> bool:
    absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor != ""
    return absolute or ".." in PurePosixPath(path).parts


def _unknown(place: str, key: str, known: tuple[str, ...]) -> str:
    return f"{place} has no key '{key}'{_near(key, known)}"


def _near(word: str, known: tuple[str, ...]) -> str:
    found = difflib.get_close_matches(word.lower(), known, n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


def _kind(value: object) -> str:
    """What a TOML value is, in its words."""
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case "":
            return "an empty text"
        case str():
            return "a text"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date or time"


def _names_nbstage(path: Path) -> bool:
    """Whether a pyproject.toml has the table; one that can't be parsed but names it counts too."""
    if not path.is_file():
        return False
    text = _read(path)
    if "nbstage" not in text:
        return False
    import tomllib

    try:
        tool = tomllib.loads(text).get("tool")
    except tomllib.TOMLDecodeError:
        return "tool.nbstage" in text
    return isinstance(tool, dict) and "nbstage" in tool


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"'{path}' is not UTF-8 text", "save it with that encoding.") from None
    except OSError as error:
        raise UserError(
            f"'{path}' can't be read: {error.strerror}", "look at the file's permissions."
        ) from None
