"""Python's scoping rules, read off the syntax tree: which names a scope binds, which names a
definition leaves free.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@lru_cache(maxsize=8192)
def bound_names(node: ast.AST) -> frozenset[str]:
    """The names that a statement binds in the scope it stands in."""
    return frozenset(bindings(node))


@lru_cache(maxsize=8192)
def locals_of(node: Function | ast.ClassDef) -> frozenset[str]:
    """The names a function or class body binds in its own scope."""
    bound: set[str] = set()
    declared: set[str] = set()
    if not isinstance(node, ast.ClassDef):
        bound.update(parameter_names(node.args))
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    for statement in body:
        bound.update(bindings(statement))
        declared.update(declarations(statement))
    return frozenset(bound - declared)


def parameter_names(args: ast.arguments) -> tuple[str, ...]:
    """All parameters of a signature, in order."""
    every = [
        *args.posonlyargs,
        *args.args,
        *args.kwonlyargs,
        *filter(None, (args.vararg, args.kwarg)),
    ]
    return tuple(arg.arg for arg in every)


def bindings(node: ast.AST) -> Iterator[str]:
    """The names that a statement or expression binds in the scope it stands in, `del` included."""
    for part in _own_nodes(node):
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (
                    alias.asname or alias.name.split(".")[0]
                    for alias in aliases
                    if alias.name != "*"
                )
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchStar(name=str(name))
                | ast.MatchAs(name=str(name))
            ):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name
            case ast.NamedExpr(target=ast.Name(id=name)):
                yield name


def declarations(node: ast.AST) -> Iterator[str]:
    """The names that a statement declares `global` or `nonlocal`."""
    for part in _own_nodes(node):
        if isinstance(part, ast.Global | ast.Nonlocal):
            yield from part.names


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that belong to the scope of `node` itself: not the bodies of functions and classes
    in it.

    A comprehension's targets are its own, but a walrus in it binds outside:
        [y := x for x in xs]   # binds y here, not x
    """
    yield node
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            children: list[ast.AST] = [*node.decorator_list, *_signature(node.args)]
        case ast.ClassDef():
            children = [*node.decorator_list, *node.bases, *node.keywords]
        case ast.Lambda():
            children = [*_signature(node.args)]
        case _ if isinstance(node, _COMPREHENSIONS):
            yield from (part for part in ast.walk(node) if isinstance(part, ast.NamedExpr))
            return
        case _:
            children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _own_nodes(child)


def _signature(args: ast.arguments) -> Iterator[ast.expr]:
    """What a signature evaluates when the function is made."""
    yield from args.defaults
    yield from (default for default in args.kw_defaults if default is not None)
    every = [
        *args.posonlyargs,
        *args.args,
        *args.kwonlyargs,
        *filter(None, (args.vararg, args.kwarg)),
    ]
    yield from (arg.annotation for arg in every if arg.annotation is not None)


@lru_cache(maxsize=8192)
def free_names(node: ast.AST) -> frozenset[str]:
    """The names that a statement or expression, everything nested in it included, takes from
    outside itself.

    Names that a top-level statement binds are still free where it reads them: `x = x + 1`.
    """
    return frozenset(_free(node, frozenset()))


@lru_cache(maxsize=8192)
def late_free_names(node: ast.AST) -> frozenset[str]:
    """The names that a function's body, or the methods of a class, take from outside when they run.

    Default values, decorators and a class's own statements are evaluated when it is made: they
    don't count.
    """
    found: set[str] = set()
    for part in _own_nodes(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found.update(_free_in_body(part, frozenset()))
        elif isinstance(part, ast.ClassDef):
            for statement in part.body:
                found |= late_free_names(statement)
    return frozenset(found)


def _free(node: ast.AST, inner: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name not in inner:
            yield name
        case ast.Global(names=names):
            yield from names
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            yield from _free_in_function(node, inner)
        case ast.ClassDef():
            for outer in (*node.decorator_list, *node.bases, *node.keywords):
                yield from _free(outer, inner)
            own = locals_of(node)
            for statement in node.body:
                # A class body's own names are not seen by the functions in it.
                seen = (
                    frozenset()
                    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
                    else own
                )
                yield from (name for name in _free(statement, inner) if name not in seen)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield from _free_in_comprehension(node, inner)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _free(child, inner)


def _free_in_function(node: Function, inner: frozenset[str]) -> Iterator[str]:
    outside = [*_signature(node.args)]
    if not isinstance(node, ast.Lambda):
        outside += node.decorator_list
        outside += [node.returns] if node.returns is not None else []
    for expression in outside:
        yield from _free(expression, inner)
    yield from _free_in_body(node, inner)


def _free_in_body(node: Function, inner: frozenset[str]) -> Iterator[str]:
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    declared = frozenset(name for statement in body for name in declarations(statement))
    visible = (inner | locals_of(node)) - declared
    for statement in body:
        yield from _free(statement, visible)


def _free_in_comprehension(node: Comprehension, inner: frozenset[str]) -> Iterator[str]:
    # The first iterable is evaluated outside: `[x for x in x]` needs x.
    yield from _free(node.generators[0].iter, inner)
    targets = frozenset(
        name for generator in node.generators for name in bindings(generator.target)
    )
    visible = inner | targets
    for position, generator in enumerate(node.generators):
        if position:
            yield from _free(generator.iter, visible)
        for condition in generator.ifs:
            yield from _free(condition, visible)
    match node:
        case ast.DictComp(key=key, value=value):
            yield from _free(key, visible)
            yield from _free(value, visible)
        case _:
            yield from _free(node.elt, visible)


def is_generator(node: Function) -> bool:
    """Whether calling the function makes a generator."""
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    return any(
        isinstance(part, ast.Yield | ast.YieldFrom)
        for statement in body
        if not isinstance(statement, _SCOPES)
        for part in _own_nodes(statement)
    )
