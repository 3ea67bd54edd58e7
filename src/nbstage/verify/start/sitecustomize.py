# ruff: noqa: PTH100, PTH120 - pathlib would be imported into every process
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Run by Python itself at the start of a process: random generators begin at a fixed state.

`nbstage verify` puts this folder on PYTHONPATH for the notebook's kernel and the stages. It uses
the standard library alone, and nothing of it stays but the state.
"""

import importlib.util
import os
import random
import sys
from importlib.machinery import ModuleSpec, PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))
_SEED = 0


def _seed_numpy(module):
    module.seed(_SEED)


def _seed_torch(module):
    module.manual_seed(_SEED)


_SEEDS = {"numpy.random": _seed_numpy, "torch": _seed_torch}


class _Finder:
    """Seeds a library as it is imported: before that it has no state."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _SEEDS:
            return None
        seed = _SEEDS.pop(name)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            _seed_after(spec, seed)
        return spec


def _seed_after(spec, seed):
    execute = spec.loader.exec_module

    def exec_module(module):
        del spec.loader.exec_module  # the loader's own is behind it
        execute(module)
        seed(module)

    spec.loader.exec_module = exec_module


def _run_other() -> None:
    """The sitecustomize that this one stands in front of."""
    others = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    spec: ModuleSpec | None = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_run_other()
sys.meta_path.insert(0, _Finder)
random.seed(_SEED)
