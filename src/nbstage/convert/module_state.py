"""What a module beside the notebook keeps between calls of its functions: counters, lists, random
states at its top level.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from nbstage.convert import known
from nbstage.convert.effects.scope import bindings, declarations, free_names, locals_of

_GOES_ON = frozenset({"default_rng", "RandomState", "Random", "count", "cycle", "iter"})
_FILLED = {
    "dict": "dict",
    "list": "list",
    "set": "set",
    "Counter": "dict",
    "OrderedDict": "dict",
    "defaultdict": "dict",
    "deque": "list",
}


@dataclass(frozen=True, slots=True)
class Keeps:
    """The module's variables that a function changes, and those it uses at all."""

    changes: frozenset[str]
    uses: frozenset[str]


def states_of(sources: dict[str, str]) -> dict[str, Keeps]:
    """What the modules with these texts keep, by the dotted names of functions and variables."""
    return {
        f"{module}.{name}": keeps
        for module, text in sources.items()
        for name, keeps in _state_of(text).items()
    }


def _state_of(source: str) -> dict[str, Keeps]:
    """The functions of a module that have to do with what it keeps, and its variables as such."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    kept = dict(_variables(tree))
    functions = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    own = {name: frozenset(_changed(node, kept)) for name, node in functions.items()}
    changed = frozenset().union(*own.values()) if own else frozenset[str]()
    found = {name: Keeps(frozenset(), frozenset({name})) for name in changed}
    for name in functions:
        called = _called(name, functions)
        changes = frozenset[str]().union(*(own[other] for other in called))
        names = frozenset[str]().union(*(free_names(functions[other]) for other in called))
        if names & changed:
            found[name] = Keeps(changes, names & changed)
    return found


def _variables(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names a module binds, with the type of those that hold what can be changed."""
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for name in bindings(node):
            yield name, _type_of(value)


def _type_of(value: ast.expr | None) -> str:
    match value:
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return "random.Random" if name in _GOES_ON else _FILLED.get(name, "")
        case _:
            return ""


def _changed(node: ast.FunctionDef | ast.AsyncFunctionDef, kept: dict[str, str]) -> Iterator[str]:
    """The module's variables that a function binds anew or changes in place."""
    told = {name for statement in node.body for name in declarations(statement)}
    local = locals_of(node)
    yield from (name for statement in node.body for name in bindings(statement) if name in told)
    for part in ast.walk(node):
        match part:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                what = known.method(kept.get(name, ""), method) if kept.get(name) else None
                if what is not None and what.changes and name not in local:
                    yield name
            case ast.Call(func=ast.Name(id="next"), args=[ast.Name(id=name), *_]):
                if kept.get(name) and name not in local:
                    yield name
            case (
                ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del())
                | ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del())
            ):
                if name in kept and name not in local:
                    yield name


def _called(
    name: str, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]
) -> frozenset[str]:
    """The function and those of its module that it calls, in turn."""
    found, todo = {name}, [name]
    while todo:
        for other in free_names(functions[todo.pop()]) & set(functions) - found:
            found.add(other)
            todo.append(other)
    return frozenset(found)
