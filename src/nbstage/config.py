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

    [tool.nbstage.prefixes]            # what a notebook's stages begin with, and its section of
    "notebooks/explore.ipynb" = "explore"  # params.yaml

`[tool.nbstage.gate]` and `[tool.nbstage.report]` are told in `policy`, `[tool.nbstage.ci]` in
`ci_settings`, `[tool.nbstage.serve]` in `serve_settings`, `[tool.nbstage.deploy]` in
`deploy_settings`, `[tool.nbstage.registry]` in `registry_settings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nbstage.ci_settings import CiSettings, parse_ci
from nbstage.deploy_settings import DeploySettings, parse_deploy
from nbstage.errors import UserError
from nbstage.model import Config
from nbstage.policy import Policy, Predicted, parse_policy, parse_predicted
from nbstage.prefixes import parse_prefixes
from nbstage.registry_settings import RegistrySettings, parse_registry
from nbstage.serve_settings import ServeSettings, parse_serve
from nbstage.toml_table import (
    Table,
    entry,
    kind,
    leaves_root,
    near,
    take,
    texts,
    truth,
    unknown,
)

FORMATS = ("joblib", "json", "npy", "npz", "parquet", "pickle", "skops")
_RUN_CODE = ("joblib", "pickle")
_KEYS = (
    "ci",
    "deploy",
    "formats",
    "gate",
    "notebooks",
    "prefixes",
    "registry",
    "report",
    "safe",
    "serve",
    "stages",
    "workdir",
)


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


@dataclass(frozen=True, slots=True)
class Settings:
    """All of `[tool.nbstage]`; `policy` is None where it has no table `gate`."""

    config: Config = field(default_factory=Config)
    policy: Policy | None = None
    predicted: Predicted = field(default_factory=Predicted)
    ci: CiSettings = field(default_factory=CiSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    deploy: DeploySettings = field(default_factory=DeploySettings)
    registry: RegistrySettings = field(default_factory=RegistrySettings)


def read_config(root: Path) -> Config:
    """Return the settings in the pyproject.toml of `root`, or the defaults.

    Raises UserError that lists everything wrong with them.
    """
    return read_settings(root).config


def read_settings(root: Path) -> Settings:
    """Return what `read_config` does, and what gate and report are to do."""
    path = root / "pyproject.toml"
    if not path.exists():
        return Settings()
    settings = parse_settings(_read(path))
    missing = [one for one in settings.config.prefixes if not (root / one).is_file()]
    if missing:
        listed = ", ".join(f"'{one}'" for one in missing)
        raise UserError(
            f"[tool.nbstage.prefixes] in pyproject.toml names {listed}, but there is no such file",
            "correct the path, or take the line out.",
        )
    return settings


def parse_config(text: str) -> Config:
    """Return the settings in the text of a pyproject.toml. Raises UserError for mistakes."""
    return parse_settings(text).config


def parse_settings(text: str) -> Settings:
    """Return what `parse_config` does, and what gate and report are to do."""
    import tomllib

    try:
        document: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserError(
            f"pyproject.toml is not valid TOML: {error}", "correct the file at that place."
        ) from None
    tool = document.get("tool")
    table = Table("tool.nbstage", tool.get("nbstage", {}) if isinstance(tool, dict) else {})
    config, faults = _config(table)
    settings = Settings(config, *take(_others(table), faults))
    if faults:
        listed = "\n".join(f"- {fault}" for fault in faults)
        count = "a mistake" if len(faults) == 1 else f"{len(faults)} mistakes"
        raise UserError(
            f"[tool.nbstage] in pyproject.toml has {count}:\n{listed}",
            f"its keys are {', '.join(_KEYS[:-1])} and {_KEYS[-1]}.",
        )
    return settings


_Others = tuple[
    Policy | None, Predicted, CiSettings, ServeSettings, DeploySettings, RegistrySettings
]


def _others(table: Table) -> tuple[_Others, list[str]]:
    values: dict[str, object] = table.value if isinstance(table.value, dict) else {}
    faults: list[str] = []
    policy = take(parse_policy(entry(table, values, "gate", {})), faults)
    predicted = take(parse_predicted(entry(table, values, "report", {})), faults)
    ci = take(parse_ci(entry(table, values, "ci", {})), faults)
    serve = take(parse_serve(entry(table, values, "serve", {})), faults)
    deploy = take(parse_deploy(entry(table, values, "deploy", {})), faults)
    registry = take(parse_registry(entry(table, values, "registry", {})), faults)
    judged = policy if "gate" in values else None
    return (judged, predicted, ci, serve, deploy, registry), faults


# Each reader below gives what it could read, and a sentence for everything it could not.


def _config(table: Table) -> tuple[Config, list[str]]:
    if not isinstance(table.value, dict):
        return Config(), [f"{table.name} must be a table, not {kind(table.value)}"]
    values: dict[str, object] = table.value
    faults = [unknown(table.name, key, _KEYS) for key in values if key not in _KEYS]
    safe = take(truth(entry(table, values, "safe", False)), faults)
    config = Config(
        notebooks=take(_notebooks(entry(table, values, "notebooks", [])), faults),
        workdir=take(_workdir(entry(table, values, "workdir", None)), faults),
        formats=take(_formats(entry(table, values, "formats", {}), safe=safe), faults),
        deps=take(_stages(entry(table, values, "stages", {})), faults),
        safe=safe,
        prefixes=take(parse_prefixes(entry(table, values, "prefixes", {})), faults),
    )
    return config, faults


def _notebooks(table: Table) -> tuple[tuple[str, ...], list[str]]:
    paths, faults = texts(table)
    faults += [
        f"{table.name}: '{path}' is outside the project; paths start at its root"
        for path in paths
        if leaves_root(path)
    ]
    return tuple(path.removeprefix("./") for path in paths), faults


def _workdir(table: Table) -> tuple[str | None, list[str]]:
    match table.value:
        case None:
            return None, []
        case str(path) if path and not leaves_root(path):
            return PurePosixPath(path).as_posix(), []
        case str(path):
            return None, [f"{table.name}: '{path}' is no folder inside the project, such as '.'"]
        case other:
            return None, [f"{table.name} must be a text, not {kind(other)}"]


def _formats(table: Table, *, safe: bool) -> tuple[dict[str, str], list[str]]:
    """`train.df = "pickle"` is a nested table to TOML, and means the same as `"train.df"`."""
    if not isinstance(table.value, dict):
        return {}, [f"{table.name} must be a table, not {kind(table.value)}"]
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
            meant = near(value, FORMATS) or f"; it is one of {', '.join(FORMATS)}"
            faults.append(f"{table.name}.{key}: there is no format '{value}'{meant}")
        else:
            faults.append(f"{table.name}.{key} must be a text, not {kind(value)}")
    return formats, faults


def _flat(values: dict[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        else:
            yield key, value


def _stages(table: Table) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    if not isinstance(table.value, dict):
        return {}, [f"{table.name} must be a table, not {kind(table.value)}"]
    deps: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    for name, stage in table.value.items():
        if not isinstance(stage, dict):
            faults.append(f"{table.name}.{name} must be a table, not {kind(stage)}")
            continue
        place = f"{table.name}.{name}"
        faults += [unknown(place, key, ("deps",)) for key in stage if key != "deps"]
        deps[name] = take(texts(Table(f"{place}.deps", stage.get("deps", []))), faults)
    return deps, faults


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
