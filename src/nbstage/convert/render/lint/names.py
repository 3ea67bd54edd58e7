"""Ruff's findings about the names of a function: bound and not used, or bound twice."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from nbstage.convert.effects.scope import bindings, children, free_names, parameter_names, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DUMMY = re.compile(r"_|_+[a-zA-Z0-9_]*[a-zA-Z0-9]")


def codes_of_names(nodes: tuple[ast.AST, ...]) -> Iterator[str]:
    """The codes of what ruff reports of the names in a module's functions."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            used = [free_names(statement) for statement in node.body]
            inside = walk(node)
            yield from _unused(node, inside, frozenset().union(*used))
            yield from _errors_unused(inside)
            yield from _given_anew(node, inside)
            yield from _made_twice(node, used)


def _unused(function: Function, inside: list[ast.AST], used: frozenset[str]) -> Iterator[str]:
    """Names that are bound, the last time by an assignment, and never used."""
    bound: dict[str, str] = {}
    for statement in function.body:
        bound.update(_bound(statement))
    idle = [name for name, code in bound.items() if code and name not in used]
    if idle and "locals" not in used:
        kept = {name for part in inside for name in _kept(part)}
        yield from (bound[name] for name in idle if name not in kept and not _DUMMY.fullmatch(name))


def _kept(part: ast.AST) -> Iterable[str]:
    """Names that an inner function declares, and those a statement changes or deletes."""
    match part:
        case ast.Nonlocal(names=names) | ast.Global(names=names):
            return names
        case ast.AugAssign(target=ast.Name(id=name)) | ast.Name(id=name, ctx=ast.Del()):
            return (name,)
        case _:
            return ()


def _bound(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that a statement binds, in order, and the code if it is not used; "" for none."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, ""
            return
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from ((name, "") for name in bindings(target))
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                plain = isinstance(target, ast.Name) or isinstance(value, ast.Tuple)
                yield from ((name, "F841" if plain else "RUF059") for name in bindings(target))
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            yield name, "F841" if value is not None else "F842"
        case ast.withitem(optional_vars=ast.expr() as target):
            code = "F841" if isinstance(target, ast.Name) else "RUF059"
            yield from ((name, code) for name in bindings(target))
        case ast.NamedExpr(target=ast.Name(id=name)):
            yield name, "F841"
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, "F841"
        case ast.Lambda() | ast.Name() | ast.Constant() | ast.Attribute():
            return
    for child in children(node):
        yield from _bound(child)


def _errors_unused(inside: list[ast.AST]) -> Iterator[str]:
    """`except ValueError as error`: the name is gone after the handler, whatever else has it."""
    for node in inside:
        match node:
            case ast.ExceptHandler(name=str(name), body=body):
                if not any(name in free_names(statement) for statement in body):
                    yield "F841"


def _given_anew(function: Function, inside: list[ast.AST]) -> Iterator[str]:
    """Arguments that a loop, a `with` or an `except` gives another value."""
    given = {*parameter_names(function.args)}
    for node in inside if given else ():
        match node:
            case ast.For(target=target) | ast.withitem(optional_vars=ast.expr() as target):
                if given & {*bindings(target)}:
                    yield "PLR1704"
            case ast.ExceptHandler(name=name) if name in given:
                yield "PLR1704"


def _made_twice(function: Function, used: list[frozenset[str]]) -> Iterator[str]:
    """Functions and classes that are made anew before any use."""
    made: set[str] = set()
    for statement, needed in zip(function.body, used, strict=True):
        made -= needed
        match statement:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                if name in made:
                    yield "F811"
                made.add(name)
            case _ if made:
                made -= {*bindings(statement)}
