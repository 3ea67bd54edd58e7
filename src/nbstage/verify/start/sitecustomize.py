# ruff: noqa: PTH100, PTH110, PTH118, PTH120, PTH123 - pathlib would be imported into every process
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Run by Python itself at the start of a process: random generators begin at a fixed state.

`nbstage verify` puts this folder on PYTHONPATH for the notebook's kernel and the stages. A stage
whose draws no seed governs begins with the state that the notebook has at its first cell. This uses
the standard library alone, and nothing of it stays but the state.
"""

import importlib.util
import json
import os
import pickle
import random
import sys
import time
from importlib.machinery import ModuleSpec, PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))
_SEED = 0
_LOOK = 0.02  # seconds between two looks whether the notebook has come to this stage


def _stage() -> str:
    """The stage that this process is, run as `python -m pipeline.STAGE` or the kernel of its
    notebook; "" for others.
    """
    if "NBSTAGE_STAGE" in os.environ:
        return os.environ["NBSTAGE_STAGE"]
    words = sys.orig_argv
    named = words[words.index("-m") + 1 :][:1] if "-m" in words else []
    return named[0].removeprefix("pipeline.") if named and named[0] != "pipeline" else ""


def _states() -> dict[str, str]:
    """The files with the states to begin with, by generator; waits for the notebook."""
    orders_at = os.environ.get("NBSTAGE_VERIFY")
    if not orders_at:
        return {}
    with open(orders_at, encoding="utf-8") as file:
        orders = json.load(file)
    stage, folder = _stage(), orders["folder"]
    given = orders["unseeded"].get(stage, ())
    ends = [os.path.join(folder, name) for name in (f"{stage}.begun", "ended")]
    while given and not any(map(os.path.exists, ends)):
        time.sleep(_LOOK)
    files = {source: os.path.join(folder, f"{stage}.{source}") for source in given}
    return {source: file for source, file in files.items() if os.path.exists(file)}


def _read(file):
    with open(file, "rb") as opened:
        return pickle.load(opened)


def _start_random(state):
    if state is None:
        random.seed(_SEED)
    else:
        random.setstate(_read(state))


def _start_numpy(module, state):
    if state is None:
        module.seed(_SEED)
    else:
        module.set_state(_read(state))


def _start_torch(module, state):
    if state is None:
        module.manual_seed(_SEED)
    else:
        module.set_rng_state(_read(state)["cpu"])


_LIBRARIES = {"numpy.random": ("numpy", _start_numpy), "torch": ("torch", _start_torch)}


class _Finder:
    """Sets a library's generator as it is imported: before that it has none."""

    @staticmethod
    def stage_begins():
        """In a kernel: Jupyter's own code has drawn numbers by now."""
        _start_random(_STATES.get("random"))

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _LIBRARIES:
            return None
        source, start = _LIBRARIES.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            _start_after(spec, lambda module: start(module, _STATES.get(source)))
        return spec


def _start_after(spec, start):
    execute = spec.loader.exec_module

    def exec_module(module):
        del spec.loader.exec_module  # the loader's own is behind it
        execute(module)
        start(module)

    spec.loader.exec_module = exec_module


def _run_other() -> None:
    """The sitecustomize that this one stands in front of."""
    others = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    spec: ModuleSpec | None = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_STATES = _states()
_run_other()
sys.meta_path.insert(0, _Finder)
_start_random(_STATES.get("random"))
