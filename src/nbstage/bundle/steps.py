"""A stage's own `main()`, run on rows in memory: what it loads and saves never touches a file."""

from __future__ import annotations

import copy
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from nbstage import runtime
from nbstage.bundle.nouns import Step
from nbstage.errors import UserError
from nbstage.runtime import StageError, safe
from nbstage.runtime.yaml12 import read_yaml

# Any: a stage knows what it takes and gives.
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of one stage: the table in place of the artifact `rows`, and what it saves."""

    rows: str
    table: Any
    given: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stages:
    """The modules of a path's stages, ready to run. `values` are what they load."""

    modules: dict[str, ModuleType]
    values: Values


# Which rows a stage sees is known to the thread that runs it: a service has several.
_running: ContextVar[_Run] = ContextVar("running")


def open_stages(folder: Path, steps: tuple[Step, ...], values: Values) -> Stages:
    """Import the stages of a bundle. Raises UserError where one can't be imported."""
    if not steps:
        return Stages({}, values)
    parameters = _parameters(folder)
    stand_ins = _stand_ins(values, parameters)
    modules = {}
    for step in steps:
        modules[step.stage] = _imported(f"pipeline.{step.stage}")
        _put(modules[step.stage], stand_ins)
    for name, module in list(sys.modules.items()):
        if name.startswith("pipeline."):
            # What a stage prints for the reader of a notebook nobody reads at each request.
            vars(module).setdefault("print", _drop)
    return Stages(modules, values)


def run_step(stages: Stages, step: Step, table: Any) -> Any:
    """What a stage gives for these rows. Raises whatever the user's code raises."""
    run = _Run(step.rows, table.copy())
    token = _running.set(run)
    try:
        stages.modules[step.stage].main()
    finally:
        _running.reset(token)
    return run.given[step.gives]


def importable(folder: Path) -> None:
    """Let the bundle's modules be found, in place of those of another bundle or project."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] == "pipeline" or (file and _inside_last(file)):
            del sys.modules[name]
    for path in [path for path in sys.path if path and _inside_last(path)]:
        sys.path.remove(path)
    _last[:] = [folder.resolve()]
    sys.path.insert(0, str(_last[0]))
    importlib.invalidate_caches()


_last: list[Path] = []


def _inside_last(path: str) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in _last)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(
            f"'{name.replace('.', '/')}.py' needs the module '{error.name}', which is not there",
            "install the packages in the bundle's requirements.txt.",
        ) from None


def _stand_ins(values: Values, parameters: Values) -> Values:
    """What the runtime's functions are while a stage predicts."""

    def load(path: str, *names: str) -> Any:
        run = _running.get()
        value = run.table if path == run.rows else values[path]
        if not names:
            return value
        return value[names[0]] if len(names) == 1 else tuple(value[name] for name in names)

    def save(value: object, path: str, **_: object) -> None:
        _running.get().given[path] = value

    def params(*names: str, section: str = "") -> Values:
        start = f"{section}." if section else ""
        return {name: copy.deepcopy(_look_up(parameters, start + name)) for name in names}

    return {
        "load": load,
        "save": save,
        "params": params,
        "workdir": _nowhere,
        "make_folders": _drop,
        "save_metrics": _drop,
        "save_tables": _drop,
        "mark_done": _drop,
        "display": _drop,
        "figures": _refused("draws figures: move that into cells tagged `skip` or another stage"),
        "random_state": _refused("draws random numbers, so that no two predictions are alike"),
        "set_random_state": _refused("draws random numbers, so that no two predictions are alike"),
        "run_shell": _refused("runs a shell command"),
        "capture_shell": _refused("runs a shell command"),
        "run_script": _refused("runs a script"),
        "write_file": _refused("writes a file"),
    }


def _put(module: ModuleType, stand_ins: Values) -> None:
    """Let a stage find the stand-ins under whatever names it has the runtime."""
    ours = {}
    for name, stand_in in stand_ins.items():
        for home in (runtime, safe):
            if hasattr(home, name):
                ours[id(getattr(home, name))] = stand_in
    for name, value in list(vars(module).items()):
        if id(value) in ours:
            vars(module)[name] = ours[id(value)]
    as_runtime = _Instead(runtime, {**stand_ins, "safe": _Instead(safe, stand_ins)})
    for name, value in list(vars(module).items()):
        if value is sys.modules["nbstage"]:
            vars(module)[name] = _Instead(value, {"runtime": as_runtime})
        elif value is runtime:
            vars(module)[name] = as_runtime


class _Instead:
    """A module with some of its names replaced, for `nbstage.runtime.load(...)`."""

    def __init__(self, module: object, replaced: Values) -> None:
        self._module = module
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


@contextmanager
def _nowhere(*_: object) -> Iterator[None]:
    """In place of another working directory, which would be that of all threads."""
    yield


def _drop(*_: object, **__: object) -> None:
    """In place of what leaves something behind."""


def _refused(what: str) -> Any:
    def refuse(*_: object, **__: object) -> Any:
        raise StageError(what)

    return refuse


def _parameters(folder: Path) -> Values:
    path = folder / "params.yaml"
    data = read_yaml(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
    return data if isinstance(data, dict) else {}


def _look_up(values: Any, name: str) -> Any:
    for key in name.split("."):
        values = values[key]
    return values
