"""Random small programs, cut at random into the stages of a notebook.

A program is run while it is drawn: so each statement finds values of the kinds it needs, and what
would raise an exception is left out.
"""

from __future__ import annotations

import builtins
import random
import re
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

_TABLE = Path(__file__).with_name("statements.txt").read_text(encoding="utf-8")
_HOLE = re.compile(r"<([a-z_]+)(\d?)>")
VALUES = ("a", "b", "c", "d", "e")
FUNCTIONS = ("f", "g", "h")
CLASSES = ("Box", "Node")
_TAKEN = ("load", "main", "save", "s1", "nbstage", "s2", "workdir", "Path")
HEAD = """\
import random
from contextlib import nullcontext
from copy import copy, deepcopy
from functools import lru_cache, partial, singledispatch
"""
_LARGEST = 300  # characters that a value may take: some programs would grow without end


def _families() -> dict[str, tuple[str, ...]]:
    parts = _TABLE.split("\n== ")[1:]
    rows = (part.split("\n") for part in parts)
    return {row[0]: tuple(line.replace("¶", "\n") for line in row[1:] if line) for row in rows}


FAMILIES = _families()
_WORK = (
    *("fresh", "links", "links", "links", "changes", "changes", "changes"),
    *("names", "names", "calls", "calls", "functions", "prints"),
)
_KINDS = {
    "stage": _WORK,
    "random": (*_WORK, "random", "random"),
    "functions": ("functions", "functions", "fresh"),
    "parameters": ("parameters",),
    "skip": ("prints", "prints", "prints", "fresh", "changes"),
}


# `a, a = x, y`: Python 3.11.0 to 3.11.3 gets it wrong in functions, though not in a notebook.
_TWICE = re.compile(r"^(\w), \*?\1 =", re.MULTILINE)


@dataclass(slots=True)
class World:
    """A program as far as it is drawn, and the names that running it has made."""

    done: list[str] = field(default_factory=lambda: [HEAD])
    names: dict[str, Any] = field(default_factory=dict)  # Any: whatever the program makes

    def run(self, statement: str) -> bool:
        """Add the statement, if it runs; an exception in the middle of it leaves no trace."""
        try:
            exec(statement, self.names)
            fits = _fits(self.names)
        except Exception:
            fits = False
        if fits:
            self.done.append(statement)
        else:
            self.start()
        return fits

    def start(self) -> None:
        """Run what there is from the beginning."""
        self.names = {"__builtins__": {**vars(builtins), "print": _print}, "__name__": "program"}
        for statement in self.done:
            exec(statement, self.names)

    def having(self, kind: str) -> list[str]:
        """The names that may stand for `<kind>`."""
        there = [name for name in (*VALUES, *FUNCTIONS, *CLASSES) if name in self.names]
        return [name for name in there if _is_kind(kind, name, self.names[name])]


def _print(*values: object) -> None:
    """Prints nothing; a program must not show an address, which differs from run to run."""
    assert "0x" not in str(values)


def _fits(names: dict[str, Any]) -> bool:
    """Whether no value is too long, and none holds itself."""
    values = [repr(value) for name, value in names.items() if name in VALUES]
    return all(len(text) < _LARGEST and "[...]" not in text for text in values)


def _is_kind(kind: str, name: str, value: Any) -> bool:
    plain = {"list": list, "dict": dict, "set": set, "tuple": tuple, "number": int}
    match kind:
        case "list" | "dict" | "set" | "tuple" | "number":
            return type(value) is plain[kind]
        case "rows":
            return type(value) is list and bool(value) and all(type(v) is list for v in value)
        case "funs":
            return type(value) is list and bool(value) and all(map(callable, value))
        case "pair":
            pair = type(value) in (list, tuple) and len(value) == 2
            return pair and all(type(part) is list for part in value)
        case "table":
            return type(value) is dict and type(value.get("l")) is list
        case "fun":
            return name in FUNCTIONS and callable(value)
        case "class":
            return name in CLASSES
        case "object":
            return type(value).__name__ in CLASSES
        case "iterator":
            return isinstance(value, (zip, enumerate, types.GeneratorType, type(iter([]))))
        case "generator":
            return isinstance(value, random.Random)
        case "plain":
            return name in VALUES and "0x" not in repr(value)
        case _:
            return name in VALUES and not isinstance(value, types.GeneratorType)


@st.composite
def statements(draw: st.DrawFn, world: World, kind: str) -> str:
    """One statement that fits the names there are, or an empty text."""
    family = draw(st.sampled_from(_KINDS[kind]))
    template = draw(st.sampled_from(FAMILIES[family]))
    if family == "random" and "seed" not in template and "Random" not in template:
        seeded = any(line.startswith("random.seed") for line in world.done)
        if not seeded and "<generator>" not in template:
            return ""
    same: dict[str, str] = {}

    def fill(hole: re.Match[str]) -> str:
        if hole[2] and hole[0] in same:
            return same[hole[0]]
        found = draw(st.sampled_from(_choices(world, hole[1])))
        same[hole[0]] = found
        return found

    if any(not _choices(world, hole[1]) for hole in _HOLE.finditer(template)):
        return ""
    text = _HOLE.sub(fill, template)
    return "" if _TWICE.search(text) else text


def _choices(world: World, kind: str) -> list[str]:
    match kind:
        case "new":
            # Rather a new name than an old one, whose value would be lost.
            return [*VALUES, *3 * [name for name in VALUES if name not in world.names]]
        case "free":
            return list(VALUES)
        case "int":
            return ["0", "1", "2"]
        case "def":
            return list(FUNCTIONS)
        case "class_new":
            return list(CLASSES)
        case _:
            return world.having(kind)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A notebook as percent text: a program cut into two to five stages."""
    world = World()
    before = random.getstate()
    world.start()
    use = draw(st.sampled_from(("stage", "stage", "random")))
    cells = [f'# %% tags=["imports"]\n{HEAD}']
    if not draw(st.integers(0, 2)):
        cells += _cell(draw, world, "parameters", '# %% tags=["parameters"]')
    if draw(st.booleans()):
        cells += _cell(draw, world, "functions", '# %% tags=["functions"]')
    last = draw(st.integers(2, 5))
    for number in range(1, last + 1):
        for kind, head in draw(_heads(number, last)):
            cells += _cell(draw, world, use if kind == "stage" else kind, head)
    cells.append(f'# %% tags=["stage:s{last}"]\n{_probe(draw, world)}')
    random.setstate(before)
    return _renamed("\n".join(cells)) if not draw(st.integers(0, 5)) else "\n".join(cells)


def _renamed(text: str) -> str:
    """The same program with names that stand in each generated module, too."""
    others = dict(zip((*VALUES, *FUNCTIONS), _TAKEN, strict=True))
    return re.sub(r"\b[a-h]\b(?!\")", lambda name: others[name[0]], text)


@st.composite
def _heads(draw: st.DrawFn, number: int, last: int) -> list[tuple[str, str]]:
    """The cells that begin with stage `number`: their kinds and their first lines."""
    found = [("stage", f'# %% tags=["stage:s{number}"]')]
    for _ in range(draw(st.integers(0, 2))):
        other = draw(st.integers(0, 19))
        if other < 12:
            found.append(("stage", "# %%"))
        elif other < 15:
            found.append(("functions", '# %% tags=["functions"]'))
        elif other < 17:
            found.append(("skip", '# %% tags=["skip"]'))
        else:
            earlier = draw(st.integers(1, number))
            found.append(("stage", f'# %% tags=["stage:s{earlier}"]'))
    return found


def _cell(draw: st.DrawFn, world: World, kind: str, head: str) -> list[str]:
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        statement = draw(statements(world, kind))
        if statement and world.run(statement):
            lines.append(statement)
    return ["\n".join((head, *lines, ""))] if lines else []


def _probe(draw: st.DrawFn, world: World) -> str:
    """The end of the program shows what some of the names have become."""
    shown = world.having("plain")
    asked = [name for name in shown if draw(st.integers(0, 3))]
    lines = [f'print("{name}", {name})' for name in asked]
    lines += [f"print({name}.v)" for name in world.having("object") if _shows(world, name)]
    return "\n".join((*lines, 'print("end")', ""))


def _shows(world: World, name: str) -> bool:
    return "0x" not in repr(world.names[name].v)
