"""A process that runs notebooks and stages for the tests, each in a fork of itself.

A fork is as fresh as a new process and takes a few milliseconds, for what it needs is imported
already. Requests and answers are lines of JSON on stdin and stdout. `python fork_server.py pandas`
imports pandas beforehand. Imports nothing of pytest, so that a stage meets only what it may expect.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import re
import runpy
import signal
import sys
import tempfile
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = 60  # a stage that takes longer hangs

# Whose objects are told apart by their attributes.
_OPEN = ("__main__", "pipeline", "sklearn")

# What IPython gives for `lines = !ls`, and what stands for it in a stage.
_ALIKE = {"Lines": "SList"}

Answer = dict[str, Any]  # JSON


def serve() -> None:
    """Answer requests until stdin ends."""
    for name in ("nbstage.runtime", "nbstage.runtime.formats", "nbstage.runtime.pickled"):
        importlib.import_module(name)
    for name in ("nbstage.runtime.same", "nbstage.runtime.yaml12", *sys.argv[1:]):
        importlib.import_module(name)
    sys.dont_write_bytecode = True
    gc.freeze()
    sys.path.pop(0)
    jobs: dict[str, Callable[[Answer], Answer]] = {
        "notebook": _notebook,
        "facts": _facts,
        "stage": _stage,
        "values": _values,
    }
    out = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        request = json.loads(line)
        answer = _in_fork(jobs[request["job"]], request)
        print(json.dumps(answer), file=out, flush=True)


def _in_fork(job: Callable[[Answer], Answer], request: Answer) -> Answer:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(job, request, writer)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else {"error": f"ended with status {status}"}


def _answer(job: Callable[[Answer], Answer], request: Answer, writer: int) -> None:
    signal.alarm(SECONDS)
    os.chdir(request["root"])
    sys.path.insert(0, request["root"])
    importlib.invalidate_caches()
    with tempfile.TemporaryFile("w+b") as shown, Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(shown.fileno(), 1)
        sys.stdin = nothing
        sys.argv = ["-m"]
        answer = job({**request, "shown": shown})
        os.write(writer, json.dumps(answer).encode())
    os._exit(0)


def _notebook(request: Answer) -> Answer:
    """Run all cells in one namespace: what each shows, and all values after each."""
    from nbstage.runtime import show_figures

    os.environ["MPLBACKEND"] = _INLINE
    run = _ipython() if request["ipython"] else _python()
    os.chdir(request["workdir"])
    sys.path[0] = ""
    cells, at = [], 0
    for cell in request["cells"]:
        namespace, error = run(cell["code"])
        sys.stdout.flush()
        show_figures()  # as Jupyter's inline backend does
        request["shown"].seek(at)
        text = request["shown"].read().decode(errors="replace")
        at = request["shown"].seek(0, os.SEEK_END)
        cells.append({"shown": text, "values": _described(namespace)})
        if error and not cell["raises"]:
            return {"error": error, "cells": cells}
    return {"cells": cells}


# Jupyter's own sends each figure to a front end, which this has not.
_INLINE = "module://nbstage.runtime.inline"
Runner = Callable[[str], tuple[dict[str, Any], str]]


def _python() -> Runner:
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main

    def run(code: str) -> tuple[dict[str, Any], str]:
        try:
            exec(compile(code, "<cell>", "exec"), main.__dict__)
        except Exception:
            return main.__dict__, traceback.format_exc()
        return main.__dict__, ""

    return run


def _facts(request: Answer) -> Answer:
    """What the recorder writes of each cell as all of them run, top to bottom."""
    import pickle

    from nbstage import recorder
    from nbstage.runtime import show_figures

    os.environ["MPLBACKEND"] = _INLINE
    shell = _shell()
    os.chdir(request["workdir"])
    sys.path[0] = ""
    with tempfile.TemporaryDirectory() as folder:
        orders = Path(folder, "orders.pkl")
        orders.write_bytes(pickle.dumps({"root": request["root"], "folder": folder}))
        recorder.start(str(orders))
        for cell in request["cells"]:
            shell.run_cell(cell["code"], store_history=True, cell_id=f"nbstage-{cell['number']}")
            show_figures()
        facts = Path(folder, "facts.jsonl")
        text = facts.read_text(encoding="utf-8") if facts.exists() else ""
    return {"facts": [json.loads(line) for line in text.splitlines()]}


def _ipython() -> Runner:
    shell = _shell()
    hidden = set(shell.user_ns)

    def run(code: str) -> tuple[dict[str, Any], str]:
        done = shell.run_cell(code, silent=True)
        error = done.error_before_exec or done.error_in_exec
        names = {name: value for name, value in shell.user_ns.items() if name not in hidden}
        return names, "" if error is None else repr(error)

    return run


def _shell() -> Any:
    """IPython without its history and its pager. Any: it has no types."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.ast_node_interactivity = "none"
    vars(shell).update(showtraceback=lambda *_, **__: None, enable_gui=lambda gui=None: None)
    shell.set_hook("show_in_pager", lambda *args, **kwargs: None)
    return shell


def _stage(request: Answer) -> Answer:
    """Do what `python -m MODULE` does, in the project's root."""
    error = ""
    try:
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    except BaseException:
        error = traceback.format_exc()
    sys.stdout.flush()
    request["shown"].seek(0)
    return {"error": error, "shown": request["shown"].read().decode(errors="replace")}


def _values(request: Answer) -> Answer:
    """Load the artifacts, and tell what is in each."""
    from nbstage.runtime import UNSET, load

    found = {}
    for path, names in request["artifacts"]:
        value = load(path)
        values = (value,) if len(names) == 1 else value
        held = {name: one for name, one in zip(names, values, strict=True) if one is not UNSET}
        found[path] = _described(held)
    return {"values": found}


def _described(namespace: dict[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in namespace.items() if not name.startswith("__")}
    return {
        name: describe(value)
        for name, value in kept.items()
        if not isinstance(value, types.ModuleType)
    }


def describe(value: object, inside: tuple[int, ...] = ()) -> str:
    """A text that is the same for equal values of the same type. `inside` are what holds it."""
    name = _ALIKE.get(type(value).__name__, type(value).__name__)
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value) if type(value).__module__ == "builtins" else f"{name} {value!r}"
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        return f"<{value.__name__}>"
    if id(value) in inside:
        return f"&{len(inside) - inside.index(id(value))}"
    return f"{name}{_content(value, (*inside, id(value)))}"


def _content(value: Any, inside: tuple[int, ...]) -> str:
    # Any: all that a notebook may hold.
    match value:
        case list() | tuple():
            return f"[{', '.join(describe(part, inside) for part in value)}]"
        case set() | frozenset():
            return f"[{', '.join(sorted(describe(part, inside) for part in value))}]"
        case dict():
            items = [(k, v) for k, v in value.items() if not _is_duration(k)]
            pairs = (f"{describe(k, inside)}: {describe(v, inside)}" for k, v in items)
            return f"[{', '.join(pairs)}]"
    kind = type(value).__module__.split(".")[0]
    of_pandas = any(base.__module__.startswith("pandas.") for base in type(value).__mro__)
    if of_pandas and hasattr(value, "to_csv"):
        types_of = getattr(value, "dtypes", "")
        return f" {value.to_csv()} {types_of} {value.index!r} {value.attrs}"
    if kind == "numpy" and hasattr(value, "dtype"):
        return f" {value.dtype} {value.shape} {value.tolist()!r}"
    if kind in _OPEN and hasattr(value, "__dict__"):
        return f" {describe(vars(value), inside)}"
    addresses = r"\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{8,}\b"
    return " " + re.sub(rf"{addresses}|\b[\w.<>]+\.(?=\w)", "", repr(value))


def _is_duration(key: object) -> bool:
    """`refit_time_`, `mean_fit_time`: what scikit-learn measures differs from run to run."""
    return isinstance(key, str) and key.rstrip("_").endswith("_time")


if __name__ == "__main__":
    serve()
