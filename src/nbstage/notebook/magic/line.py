"""Line magics, one by one: what each becomes."""

from __future__ import annotations

import re
from collections.abc import Callable

from nbstage.notebook.magic.install import packages
from nbstage.notebook.magic.outcome import (
    Drop,
    Expression,
    Installation,
    Outcome,
    Refusal,
    Statement,
)

_SHOWING = """
autoawait autocall automagic autoreload autosave code_wrap colors config connect_info debug dhist
dirs doctest_mode gui hist history killbgscripts ldir less lf lk ll load_ext logoff logon logstart
logstate logstop ls lsmagic lx magic man matplotlib more nbstage notebook page pastebin pdb pdef
pdoc pfile pinfo pinfo2 pprint precision psearch psource pwd pycat qtconsole quickref rehashx
reload_ext tb unload_ext who who_ls whos xmode
"""
_ONLY_SHOW = frozenset(_SHOWING.split())
_SHELL_COMMANDS = frozenset({"cat", "cp", "mkdir", "mv", "rm", "rmdir"})
# Magics that run a statement, with the options that take a value.
_RUN_A_STATEMENT = {"time": "", "prun": "DlsT", "lprun": "fmDTuo", "mprun": "fcrT"}
_RUN_IN_OWN_SCOPE = {"timeit": "nrp", "memit": "rti"}
_INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_HINTS = {
    "run": "put the script's code into a module beside the notebook and import it.",
    "pylab": "write `import numpy as np` and `import matplotlib.pyplot as plt`.",
    "store": "assign the value in this notebook; values cross stages by themselves.",
    "macro": "write a function.",
    "load": "run the line once in Jupyter: it puts the file's code into the cell.",
    "loadpy": "run the line once in Jupyter: it puts the file's code into the cell.",
    "xdel": "write `del` and the name.",
    "reset": "leave the line out: each stage starts with what it needs.",
    "reset_selective": "leave the line out: each stage starts with what it needs.",
    "pwd": "write `os.getcwd()`.",
    "env": "write `os.environ[...]`.",
    "who_ls": "write `sorted(globals())`.",
    "sql": "query with pandas' `read_sql` or the database's own package.",
    "R": "call R through a script: `!Rscript script.R`.",
    "cython": "put the code into a module that is built beside the notebook.",
}
_WRITE_PYTHON = "write it as plain Python, or tag the cell `skip` if no stage needs it."

Text = Callable[[str], str]
"""Gives the Python source of a string that holds the text, `{expr}` and `$name` expanded."""


def line_magic(name: str, rest: str, text: Text) -> Outcome:
    """Say what `%name rest` becomes as a statement."""
    if name in _ONLY_SHOW:
        return Drop()
    if name in _RUN_A_STATEMENT:
        return Statement(without_options(rest, _RUN_A_STATEMENT[name]))
    if name in _RUN_IN_OWN_SCOPE:
        note = f"'%{name}' runs its statement once in the pipeline"
        return Statement(without_options(rest, _RUN_IN_OWN_SCOPE[name]), own_scope=True, note=note)
    if name in _INSTALLERS:
        return _installation(name, rest)
    if name in ("sx", "system"):
        return Expression(f"capture_shell({text(rest)})")
    if name in _SHELL_COMMANDS:
        return Expression(f"run_shell({text(f'{name} {rest}')})")
    if name in ("env", "set_env"):
        return _environment(rest, text)
    if name == "cd":
        return _folder(rest, text)
    return refusal(f"%{name}", name)


def assigned_magic(name: str, rest: str, text: Text) -> Outcome:
    """Say what the right-hand side of `x = %name rest` becomes."""
    if name in ("sx", "system"):
        return Expression(f"capture_shell({text(rest)})")
    if name in _RUN_A_STATEMENT and name == "time":
        return Statement(without_options(rest, ""))
    return refusal(f"x = %{name}", name)


def refusal(what: str, name: str) -> Refusal:
    """Say that the magic can't be kept, and what to do instead."""
    return Refusal(f"'{what}'", _HINTS.get(name, _WRITE_PYTHON))


def without_options(rest: str, take_a_value: str) -> str:
    """Leave out `-n 10`, `-q`, `--no-raise-error`... in front of a statement."""
    rest = rest.strip()
    while found := re.match(r"-(-[\w-]+|[A-Za-z])(\S*)\s*", rest):
        rest = rest[found.end() :]
        if found[1] in take_a_value and not found[2]:
            rest = re.sub(r"^\S+\s*", "", rest)
    return rest


def is_line_magic(name: str) -> bool:
    """Whether IPython has a line magic of this name, which may then be written without `%`."""
    return (
        name in _ONLY_SHOW | _SHELL_COMMANDS | _INSTALLERS
        or name in _RUN_A_STATEMENT
        or name in _RUN_IN_OWN_SCOPE
        or name in ("cd", "env", "set_env", "sx", "system", *_HINTS)
    )


def only_shows(name: str) -> bool:
    """Whether the magic leaves nothing behind."""
    return name in _ONLY_SHOW


def _installation(name: str, rest: str) -> Outcome:
    required = packages(f"{name} {rest}")
    if required is not None:
        return Installation(required)
    if rest.split()[:1] in (["list"], ["freeze"], ["show"], ["check"], ["info"], ["--version"]):
        return Drop()
    return Refusal(f"'%{name} {rest.strip()}'", "install packages in the project's environment.")


def _environment(rest: str, text: Text) -> Outcome:
    name, separator, value = rest.strip().partition("=" if "=" in rest else " ")
    name = name.strip()
    if not separator:
        return Drop()
    if not re.fullmatch(r"[^\s{}$]+", name):
        return Refusal(f"'%env {rest.strip()}'", "write `os.environ[...] = ...`.")
    return Expression(f'set_env("{name}", {text(value.strip())})')


def _folder(rest: str, text: Text) -> Outcome:
    folder = re.sub(r"^-q(\s+|$)", "", rest.strip())
    if folder.startswith("-"):
        return Refusal(f"'%cd {folder}'", "name the folder: `%cd ../data`.")
    if len(folder) > 1 and folder[0] == folder[-1] and folder[0] in "'\"":
        folder = folder[1:-1]
    return Expression(f"change_dir({text(folder or '~')})")
