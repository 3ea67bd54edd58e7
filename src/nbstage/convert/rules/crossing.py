"""Rules on values that travel between stages: they have to be stored, and mean the same
afterwards.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbstage.convert.artifacts import seen_format
from nbstage.convert.effects.objects import (
    ClassInfo,
    FunctionInfo,
    Resumable,
    library_bases,
    members_of,
)
from nbstage.convert.effects.scope import free_names, late_free_names
from nbstage.convert.effects.values import Obj, closure, parts_of
from nbstage.convert.flow import Crossing, value_of
from nbstage.convert.rules import unsafe
from nbstage.convert.rules.notebook import Converted
from nbstage.model import Level, Problem

_LASTING = {
    "iterator": "an iterator, which is used up as it runs",
    "pairs": "an iterator, which is used up as it runs",
    "file": "an open file",
    "connection": "an open connection",
    "lock": "a lock, a queue or something else that lives in its process",
    "match": "a match of a regular expression",
    "context": "a library's own state",
    "memory-map": "an array that lies in another file",
    "xgboost.DMatrix": "a matrix in xgboost's own memory",
    "xgboost.QuantileDMatrix": "a matrix in xgboost's own memory",
    "address": "where an object lies in memory, which is another place in each process",
}
_CONTAINERS = frozenset(
    {
        "builtins.dict",
        "builtins.list",
        "builtins.set",
        "collections.OrderedDict",
        "collections.UserDict",
    }
)
_FILLING = ("__setitem__", "append", "extend", "add", "update", "__init__")
_HOLDERS = frozenset({"list", "dict", "set", "tuple", "instance"})


def judge(converted: Converted) -> Iterator[Problem]:
    """NBS230 to NBS233 and the note NBS303."""
    seen: set[tuple[str, str]] = set()
    for crossing in converted.flow.crossings.values():
        if (crossing.source, crossing.name) in seen:
            continue
        seen.add((crossing.source, crossing.name))
        yield from _judge(converted, crossing)


def _judge(converted: Converted, crossing: Crossing) -> Iterator[Problem]:
    value = value_of(converted.flow, crossing.name, crossing.maker)
    objs = value.objs if value is not None else frozenset()
    errors = [
        *_own_containers(converted, crossing, objs),
        *_lasting(converted, crossing, objs),
        *_keepers(converted, crossing, objs),
        *_functions(converted, crossing, objs),
        *_classes(converted, crossing, objs),
    ]
    yield from errors
    unknown = value is None or (not value.type and not value.path)
    formats = converted.config.formats
    declared = crossing.name in formats or f"{crossing.source}.{crossing.name}" in formats
    seen = seen_format(converted.flow, crossing.source, crossing.name)
    if seen == "" and not errors:
        yield Problem(
            "NBS230",
            f"'{crossing.name}' is needed by {crossing.reader}, but when the notebook was traced, no file could hold it",
            converted.place(crossing.maker),
            _anew(crossing),
        )
    if converted.config.safe:
        if not errors and seen != "":
            yield from unsafe.judge(converted, crossing, value)
        return
    if (
        unknown
        and seen is None
        and not declared
        and not errors
        and not crossing.name.startswith("<")
    ):
        yield Problem(
            "NBS303",
            f"the type of '{crossing.name}' is not known without running the notebook, so it travels as a pickle",
            converted.place(crossing.maker),
            f'to choose a format: `[tool.nbstage.formats]` with `{crossing.name} = "parquet"` in pyproject.toml.',
            Level.NOTE,
        )


def _anew(crossing: Crossing) -> str:
    if crossing.of_check:
        return "check what comes of it, or tag the cell `skip`, to run with the notebook only."
    return f"make it anew in stage '{crossing.target}', or do this work in one stage."


def _held(objs: frozenset[Obj]) -> set[Obj]:
    """What a value surely holds, through containers and instances."""
    return closure(objs, lambda obj: obj.parts if obj.type in _HOLDERS else ())


def _lasting(converted: Converted, crossing: Crossing, objs: frozenset[Obj]) -> Iterator[Problem]:
    lasting = [obj for obj in _held(objs) if not _can_be_resumed(converted, crossing, obj)]
    for kind in sorted({obj.type for obj in lasting} & set(_LASTING)):
        hint = f"keep what comes out of it: `{crossing.name} = list({crossing.name})`."
        if "iterator" not in _LASTING[kind]:
            hint = _anew(crossing)
        yield Problem(
            "NBS230",
            f"'{crossing.name}' is needed by {crossing.reader}, but it is or holds {_LASTING[kind]}: it can't be stored",
            converted.place(crossing.maker),
            hint,
        )
        return


def _can_be_resumed(converted: Converted, crossing: Crossing, obj: Obj) -> bool:
    """Whether an iterator can be stored: over lists and the like that nobody changes from now on."""
    if not isinstance(obj.detail, Resumable):
        return False
    sources = obj.detail.sources
    for unit in converted.program.units[crossing.maker + 1 :]:
        changed = unit.effects.changed | unit.effects.changed_deep
        if unit.stage != crossing.source and sources & changed:
            return False
    return all(
        _can_be_resumed(converted, crossing, part) for part in sources if part.type in _LASTING
    )


def _keepers(converted: Converted, crossing: Crossing, objs: frozenset[Obj]) -> Iterator[Problem]:
    """A function with `lru_cache` that has changed: what it keeps can't be stored with it."""
    for obj in _held(objs):
        info = obj.detail
        if isinstance(info, FunctionInfo) and info.keeps and not _is_importable(converted, info):
            yield Problem(
                "NBS230",
                f"'{crossing.name}' is needed by {crossing.reader} with all that "
                f"`{info.keeps.rpartition('.')[2]}` has kept for it, and that can't be stored",
                converted.place(crossing.maker),
                "call it in one stage only, and hand on what it gives back.",
            )
            return


def _own_containers(
    converted: Converted, crossing: Crossing, objs: frozenset[Obj]
) -> Iterator[Problem]:
    """A dict or list of the notebook's own kind is filled by its own methods when it is read back."""
    for obj in parts_of(objs):
        if obj.type != "instance" or not set(library_bases(obj)) & _CONTAINERS:
            continue
        own = [name for name in _FILLING if any(True for _ in members_of(obj, name))]
        if own and isinstance(obj.detail, ClassInfo):
            yield Problem(
                "NBS230",
                f"'{crossing.name}' is needed by {crossing.reader}, but it holds an object of class "
                f"'{obj.detail.node.name}', whose own '{own[0]}' would run again when it is read back",
                converted.place(crossing.maker),
                "store it as a plain dict or list, and make the object from it where it is needed.",
            )
            return


def _functions(converted: Converted, crossing: Crossing, objs: frozenset[Obj]) -> Iterator[Problem]:
    everything = parts_of(objs)
    for obj in everything:
        info = obj.detail
        if isinstance(info, FunctionInfo) and (name := _loose_name(converted, info.node, crossing)):
            yield Problem(
                "NBS231",
                f"'{crossing.name}' takes a function to {crossing.reader} that reads '{name}', which changes later",
                converted.place(crossing.maker),
                f"pass '{name}' to the function as an argument.",
            )
            return


def _loose_name(converted: Converted, node: ast.AST, crossing: Crossing) -> str:
    """A global that the function reads and that isn't the same for good: the stored function would
    miss its changes.
    """
    program = converted.program
    for name in sorted(late_free_names(node)):
        writers = program.writers.get(name, ())
        if not writers or all(index in program.importable for index in writers):
            continue
        if len(writers) > 1 or writers[0] > crossing.user:
            return name
    return ""


def _classes(converted: Converted, crossing: Crossing, objs: frozenset[Obj]) -> Iterator[Problem]:
    for obj in parts_of(objs):
        info = obj.detail
        if not isinstance(info, ClassInfo) or _is_importable(converted, info):
            continue
        names = sorted(_own_names(converted, info))
        if _travels_with_its_object(converted, info, names):
            continue
        because = f": it uses '{names[0]}'" if names else ""
        yield Problem(
            "NBS232",
            f"'{crossing.name}' takes an object of class '{info.node.name}' to {crossing.reader}, "
            f"but the class can't have a module of its own{because}",
            converted.place(crossing.maker),
            f"give the class all it needs as arguments, and define '{info.node.name}' once, outside of functions.",
        )
        return


def _is_importable(converted: Converted, info: ClassInfo | FunctionInfo) -> bool:
    program = converted.program
    return any(program.units[index].node is info.node for index in program.importable)


def _travels_with_its_object(converted: Converted, info: ClassInfo, names: list[str]) -> bool:
    """A class that only one stage uses by name is stored with its objects, and so are values that
    never change.
    """
    program = converted.program
    unit = next((unit.index for unit in program.units if unit.node is info.node), None)
    if unit is None:
        return not names
    users = {
        stage.name
        for stage in (*converted.flow.stages.values(), *converted.flow.checks.values())
        if unit in (*stage.units, *stage.repeats)
    }
    return len(users) == 1 and all(len(program.writers[name]) == 1 for name in names)


def _own_names(converted: Converted, info: ClassInfo) -> set[str]:
    program = converted.program
    names = free_names(info.node) & set(program.writers)
    return {
        name
        for name in names
        if not all(index in program.importable for index in program.writers[name])
    }
