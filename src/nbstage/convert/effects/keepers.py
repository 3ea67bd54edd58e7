"""Functions that keep something between their calls: what `lru_cache` has computed, the kinds that
`singledispatch` knows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import fields

from nbstage.convert.effects.machine import Machine, change, mark
from nbstage.convert.effects.nouns import Effects, Oddity
from nbstage.convert.effects.objects import FunctionInfo
from nbstage.convert.effects.values import Obj, Value, join

_CACHES = frozenset({"functools.lru_cache", "functools.cache"})
_KEEPERS = _CACHES | {"functools.singledispatch"}
_KEPT = "<kept>"
_OF_PROPERTIES = frozenset({"setter", "getter", "deleter"})


def keeper_among(paths: Iterable[str]) -> str:
    """The decorator, if there is one among these, that lets a function keep something."""
    return next((path for path in sorted(paths) if path in _KEEPERS), "")


def call_keeper(machine: Machine, function: Obj, run: Callable[[], Value]) -> Value:
    """The value of a call of a function that may keep its results.

    What a cached function does, it does only once: where that can be noticed, the call changes the
    function, and so does whoever changes what it gave back.
    """
    info = function.detail
    if not isinstance(info, FunctionInfo) or info.keeps not in _CACHES:
        return run()
    outer, machine.effects = machine.effects, Effects()
    result = run()
    inner, machine.effects = machine.effects, outer
    _take_over(outer, inner)
    if _can_be_noticed(inner):
        change(machine, [function], deep=False)
    kept = function.attributes.get(_KEPT)
    function.attributes[_KEPT] = join([kept, result]) if kept is not None else result
    function.hold(result.objs)
    return function.attributes[_KEPT]


def _take_over(outer: Effects, inner: Effects) -> None:
    for field in fields(Effects):
        ours, theirs = getattr(outer, field.name), getattr(inner, field.name)
        if isinstance(ours, dict):
            ours.update({key: value for key, value in theirs.items() if key not in ours})
        elif isinstance(ours, set):
            ours |= theirs
        elif isinstance(ours, list):
            ours += theirs
        else:
            setattr(outer, field.name, ours or theirs)


def _can_be_noticed(effects: Effects) -> bool:
    writes = any(use.mode != "r" for use in effects.files)
    return bool(
        effects.binds
        or effects.changes
        or effects.settings
        or effects.acts
        or effects.varies
        or writes
    )


def ask_cache(machine: Machine, function: Obj, name: str) -> Value | None:
    """The value of `f.cache_info()`, which tells of all calls before; None for other methods."""
    info = function.detail
    if not isinstance(info, FunctionInfo) or info.keeps not in _CACHES:
        return None
    if name == "cache_info":
        change(machine, [function], deep=False)
        mark(machine, Oddity.CACHE_INFO, getattr(info.node, "name", ""))
    return Value(type="scalar") if name.startswith("cache_") else None


def registries(machine: Machine, decorator: ast.expr) -> list[Obj]:
    """The functions of the notebook that a decorator such as `@show.register(list)` belongs to."""
    node = decorator.func if isinstance(decorator, ast.Call) else decorator
    if not isinstance(node, ast.Attribute) or node.attr in _OF_PROPERTIES:
        return []
    owner = machine.evaluate(machine, node.value)
    found = [obj for obj in owner.objs if isinstance(obj.detail, FunctionInfo)]
    for arg in decorator.args if found and isinstance(decorator, ast.Call) else ():
        machine.evaluate(machine, arg)
    return found


def register(machine: Machine, registries: Iterable[Obj], function: Obj) -> None:
    """Report that functions are told of another one."""
    for obj in registries:
        change(machine, [obj], deep=False)
        obj.hold([function])
